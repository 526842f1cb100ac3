//! What a message of ours says, as clients write it.

use async_graphql::{Enum, InputObject, OneofObject};
use bitacora_domain::aggregates::conversation as domain;
use bitacora_domain::aggregates::conversation::MessageContent;
use bitacora_domain::{Personal, Subject};

/// A text.
#[derive(Clone, Debug, InputObject)]
pub struct TextContentInput {
    /// The text, 1–4,096 characters.
    pub body: String,
}

/// An approved template.
#[derive(Clone, Debug, InputObject)]
pub struct TemplateContentInput {
    /// Name of the template.
    pub name: String,
    /// Language code, such as `es_AR`.
    pub language: String,
    /// Values of the body's parameters, in order.
    pub parameters: Option<Vec<String>>,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::AttachmentKind")]
pub enum AttachmentKind {
    /// Picture: JPEG or PNG, at most 5 MB.
    Image,
    /// File, at most 100 MB.
    Document,
    /// Audio, at most 16 MB.
    Audio,
    /// Video, at most 16 MB.
    Video,
    /// Sticker: WebP.
    Sticker,
}

/// Where the provider gets a file: exactly one of these.
#[derive(Clone, Debug, OneofObject)]
pub enum MediaSourceInput {
    /// Uploaded before: the provider's id of it.
    Id(String),
    /// An `https` address that the provider can reach.
    Link(String),
}

/// A file.
#[derive(Clone, Debug, InputObject)]
pub struct MediaContentInput {
    /// What it is.
    pub kind: AttachmentKind,
    /// Where the provider gets it.
    pub source: MediaSourceInput,
    /// Text under it, at most 1,024 characters; audio and stickers have none.
    pub caption: Option<String>,
    /// Its name, for documents.
    pub filename: Option<String>,
}

/// A reply button.
#[derive(Clone, Debug, InputObject)]
pub struct ReplyButtonInput {
    /// Comes back with the answer; 1–256 characters, unique within the message.
    pub id: String,
    /// Label, 1–20 characters.
    pub title: String,
}

/// A text with reply buttons.
#[derive(Clone, Debug, InputObject)]
pub struct ButtonsContentInput {
    /// Line above, at most 60 characters.
    pub header: Option<String>,
    /// The text, 1–1,024 characters.
    pub body: String,
    /// Line below, at most 60 characters.
    pub footer: Option<String>,
    /// The buttons, 1–3.
    pub buttons: Vec<ReplyButtonInput>,
}

/// A row of a list.
#[derive(Clone, Debug, InputObject)]
pub struct ListRowInput {
    /// Comes back with the answer; 1–200 characters, unique within the message.
    pub id: String,
    /// Title, 1–24 characters.
    pub title: String,
    /// Further text, at most 72 characters.
    pub description: Option<String>,
}

/// A section of a list.
#[derive(Clone, Debug, InputObject)]
pub struct ListSectionInput {
    /// Title, at most 24 characters; needed when there are several sections.
    pub title: Option<String>,
    /// Rows.
    pub rows: Vec<ListRowInput>,
}

/// A text with a list to choose from.
#[derive(Clone, Debug, InputObject)]
pub struct ListContentInput {
    /// Line above, at most 60 characters.
    pub header: Option<String>,
    /// The text, 1–4,096 characters.
    pub body: String,
    /// Line below, at most 60 characters.
    pub footer: Option<String>,
    /// Label of the button that opens the list, 1–20 characters.
    pub button: String,
    /// Sections; at most ten rows in total.
    pub sections: Vec<ListSectionInput>,
}

/// A place on the map.
#[derive(Clone, Debug, InputObject)]
pub struct LocationContentInput {
    /// Latitude in millionths of a degree, −90,000,000 to 90,000,000.
    pub latitude_e6: i64,
    /// Longitude in millionths of a degree, −180,000,000 to 180,000,000.
    pub longitude_e6: i64,
    /// Name of the place.
    pub name: Option<String>,
    /// Address.
    pub address: Option<String>,
}

/// A contact card.
#[derive(Clone, Debug, InputObject)]
pub struct ContactCardInput {
    /// Name as shown.
    pub formatted_name: String,
    /// Telephone numbers.
    pub phones: Option<Vec<String>>,
    /// E-mail addresses.
    pub emails: Option<Vec<String>>,
    /// Company.
    pub company: Option<String>,
}

/// Contact cards.
#[derive(Clone, Debug, InputObject)]
pub struct ContactContentInput {
    /// The cards.
    pub cards: Vec<ContactCardInput>,
}

/// What a message says: exactly one of these. All but a template need an open service window.
#[derive(Clone, Debug, OneofObject)]
pub enum MessageContentInput {
    /// A text.
    Text(TextContentInput),
    /// An approved template.
    Template(TemplateContentInput),
    /// A picture, file, audio, video or sticker.
    Media(MediaContentInput),
    /// A text with reply buttons.
    Buttons(ButtonsContentInput),
    /// A text with a list to choose from.
    List(ListContentInput),
    /// A place on the map.
    Location(LocationContentInput),
    /// Contact cards.
    Contact(ContactContentInput),
}

impl MessageContentInput {
    /// What is said, as data of `subject`.
    pub(super) fn of(self, subject: &Subject) -> MessageContent {
        match self {
            Self::Text(text) => MessageContent::Text { body: of(subject, text.body) },
            Self::Template(template) => MessageContent::Template {
                name: template.name,
                language: template.language,
                parameters: template
                    .parameters
                    .into_iter()
                    .flatten()
                    .map(|value| of(subject, value))
                    .collect(),
            },
            Self::Media(media) => MessageContent::Attachment {
                file: media.kind.into(),
                source: media.source.into(),
                caption: media.caption.map(|text| of(subject, text)),
                filename: media.filename.map(|text| of(subject, text)),
            },
            Self::Buttons(buttons) => buttons.of(subject),
            Self::List(list) => list.of(subject),
            Self::Location(place) => MessageContent::Location { place: of(subject, place.into()) },
            Self::Contact(contact) => MessageContent::Contact {
                cards: of(subject, contact.cards.into_iter().map(Into::into).collect()),
            },
        }
    }
}

fn of<T>(subject: &Subject, value: T) -> Personal<T> {
    Personal::new(subject.clone(), value)
}

impl ButtonsContentInput {
    fn of(self, subject: &Subject) -> MessageContent {
        let button =
            |button: ReplyButtonInput| domain::ReplyButton { id: button.id, title: button.title };
        MessageContent::Buttons {
            header: self.header.map(|text| of(subject, text)),
            body: of(subject, self.body),
            footer: self.footer.map(|text| of(subject, text)),
            buttons: self.buttons.into_iter().map(button).collect(),
        }
    }
}

impl ListContentInput {
    fn of(self, subject: &Subject) -> MessageContent {
        let row = |row: ListRowInput| domain::ListRow {
            id: row.id,
            title: row.title,
            description: row.description,
        };
        let section = |section: ListSectionInput| domain::ListSection {
            title: section.title,
            rows: section.rows.into_iter().map(row).collect(),
        };
        MessageContent::List {
            header: self.header.map(|text| of(subject, text)),
            body: of(subject, self.body),
            footer: self.footer.map(|text| of(subject, text)),
            button: self.button,
            sections: self.sections.into_iter().map(section).collect(),
        }
    }
}

impl From<MediaSourceInput> for domain::MediaSource {
    fn from(source: MediaSourceInput) -> Self {
        match source {
            MediaSourceInput::Id(id) => Self::Id(id),
            MediaSourceInput::Link(link) => Self::Link(link),
        }
    }
}

impl From<LocationContentInput> for domain::Place {
    fn from(place: LocationContentInput) -> Self {
        Self {
            latitude_e6: place.latitude_e6,
            longitude_e6: place.longitude_e6,
            name: place.name,
            address: place.address,
            url: None,
        }
    }
}

impl From<ContactCardInput> for domain::ContactCard {
    fn from(card: ContactCardInput) -> Self {
        Self {
            formatted_name: card.formatted_name,
            phones: card.phones.unwrap_or_default(),
            emails: card.emails.unwrap_or_default(),
            company: card.company,
        }
    }
}
