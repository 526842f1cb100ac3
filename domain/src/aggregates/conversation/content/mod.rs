//! What a message carries: every type of CHATI-17 and those that WhatsApp adds
//! (wire-formats §1.3). Anything that a person said or that identifies one is [`Personal`].

use serde::{Deserialize, Serialize};

use crate::Personal;

mod parts;

pub use parts::{
    AttachmentKind, ContactCard, ListRow, ListSection, Media, MediaSource, OrderLine, Place,
    Referral, ReplyButton, ReplyKind,
};

/// Type of a message as screens know it (CHATI-17, with the variants that WhatsApp adds).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MessageKind {
    /// Plain text.
    Text,
    /// Picture or sticker.
    Image,
    /// File.
    Document,
    /// Audio or voice note.
    Audio,
    /// Video.
    Video,
    /// Place on the map.
    Location,
    /// Contact cards.
    Contact,
    /// Answer to buttons, list or flow.
    Interactive,
    /// Approved template (outbound only).
    Template,
    /// Order from a catalogue.
    Order,
    /// Something that the provider says about the contact.
    System,
    /// A type that the provider could not give us, or that we do not know yet; kept.
    Unsupported,
}

/// Content of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MessageContent {
    /// Plain text.
    Text {
        /// The text.
        body: Personal<String>,
    },
    /// Picture or sticker.
    Image {
        /// The file.
        media: Media,
        /// Text under it.
        caption: Option<Personal<String>>,
        /// It is a sticker.
        sticker: bool,
    },
    /// File.
    Document {
        /// The file.
        media: Media,
        /// Its name.
        filename: Option<Personal<String>>,
        /// Text under it.
        caption: Option<Personal<String>>,
    },
    /// Audio or voice note.
    Audio {
        /// The file.
        media: Media,
        /// It is a voice note.
        voice: bool,
    },
    /// Video.
    Video {
        /// The file.
        media: Media,
        /// Text under it.
        caption: Option<Personal<String>>,
    },
    /// Place on the map.
    Location {
        /// The place.
        place: Personal<Place>,
    },
    /// Contact cards.
    Contact {
        /// The cards.
        cards: Personal<Vec<ContactCard>>,
    },
    /// Answer to buttons, a list, a flow or a template's quick reply.
    Interactive {
        /// What was answered.
        reply: ReplyKind,
        /// Id of the option, as we sent it.
        option_id: String,
        /// Text of the option, or of the flow.
        title: Personal<String>,
        /// Further text: a list row's description, a flow's JSON.
        detail: Option<Personal<String>>,
    },
    /// Approved template (outbound only).
    Template {
        /// Name of the template.
        name: String,
        /// Language code, such as `es_AR`.
        language: String,
        /// Values of the body's parameters, in order.
        parameters: Vec<Personal<String>>,
    },
    /// A file that we send (outbound only).
    Attachment {
        /// What it is.
        file: AttachmentKind,
        /// Where the provider gets it.
        source: MediaSource,
        /// Text under it; audio and stickers have none.
        caption: Option<Personal<String>>,
        /// Its name, for documents.
        filename: Option<Personal<String>>,
    },
    /// A text with up to three reply buttons (outbound only).
    Buttons {
        /// Line above.
        header: Option<Personal<String>>,
        /// The text.
        body: Personal<String>,
        /// Line below.
        footer: Option<Personal<String>>,
        /// The buttons, 1–3.
        buttons: Vec<ReplyButton>,
    },
    /// A text with a list to choose from (outbound only).
    List {
        /// Line above.
        header: Option<Personal<String>>,
        /// The text.
        body: Personal<String>,
        /// Line below.
        footer: Option<Personal<String>>,
        /// Label of the button that opens the list.
        button: String,
        /// Sections; at most ten rows in total.
        sections: Vec<ListSection>,
    },
    /// Order from a catalogue.
    Order {
        /// Catalogue.
        catalog_id: String,
        /// Text that came with it.
        text: Option<Personal<String>>,
        /// Lines.
        lines: Vec<OrderLine>,
    },
    /// Something that the provider says about the contact (`user_changed_number` …).
    System {
        /// The provider's name for it.
        event: String,
        /// The provider's text.
        body: Option<Personal<String>>,
    },
    /// A type that the provider could not give us, or that we do not know yet. The raw body
    /// stays in the inbox.
    Unsupported {
        /// The provider's name of the type.
        provider_type: String,
        /// The provider's error code, if it gave one.
        code: Option<i64>,
    },
}

impl MessageContent {
    /// The type as screens know it.
    pub const fn kind(&self) -> MessageKind {
        match self {
            Self::Text { .. } => MessageKind::Text,
            Self::Image { .. } => MessageKind::Image,
            Self::Document { .. } => MessageKind::Document,
            Self::Audio { .. } => MessageKind::Audio,
            Self::Video { .. } => MessageKind::Video,
            Self::Location { .. } => MessageKind::Location,
            Self::Contact { .. } => MessageKind::Contact,
            Self::Interactive { .. } | Self::Buttons { .. } | Self::List { .. } => {
                MessageKind::Interactive
            }
            Self::Attachment { file, .. } => file.kind(),
            Self::Template { .. } => MessageKind::Template,
            Self::Order { .. } => MessageKind::Order,
            Self::System { .. } => MessageKind::System,
            Self::Unsupported { .. } => MessageKind::Unsupported,
        }
    }

    /// The words in it, for previews and search: body, caption or title.
    pub fn text(&self) -> Option<&Personal<String>> {
        match self {
            Self::Text { body } | Self::Buttons { body, .. } | Self::List { body, .. } => {
                Some(body)
            }
            Self::Image { caption, .. }
            | Self::Document { caption, .. }
            | Self::Video { caption, .. }
            | Self::Attachment { caption, .. } => caption.as_ref(),
            Self::Interactive { title, .. } => Some(title),
            Self::Order { text, .. } => text.as_ref(),
            Self::System { body, .. } => body.as_ref(),
            Self::Audio { .. }
            | Self::Location { .. }
            | Self::Contact { .. }
            | Self::Template { .. }
            | Self::Unsupported { .. } => None,
        }
    }
}
