//! What the content of a message is made of.

use serde::{Deserialize, Serialize};

use super::MessageKind;

/// A file at the provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// The provider's id of it; at Meta good for about 30 days.
    pub provider_media_id: String,
    /// MIME type as the provider says.
    pub mime_type: String,
    /// SHA-256 of the file, base64, as the provider says.
    pub sha256: Option<String>,
}

/// What a file that we send is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttachmentKind {
    /// Picture.
    Image,
    /// File.
    Document,
    /// Audio.
    Audio,
    /// Video.
    Video,
    /// Sticker.
    Sticker,
}

impl AttachmentKind {
    /// The type as screens know it.
    pub const fn kind(self) -> MessageKind {
        match self {
            Self::Image | Self::Sticker => MessageKind::Image,
            Self::Document => MessageKind::Document,
            Self::Audio => MessageKind::Audio,
            Self::Video => MessageKind::Video,
        }
    }
}

/// Where the provider gets a file that we send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaSource {
    /// Uploaded before: the provider's id of it.
    Id(String),
    /// An `https` address that the provider can reach.
    Link(String),
}

/// A reply button.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyButton {
    /// Comes back with the answer; 1–256 characters, unique within the message.
    pub id: String,
    /// Label, 1–20 characters.
    pub title: String,
}

/// A section of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListSection {
    /// Title, at most 24 characters; needed when there are several sections.
    pub title: Option<String>,
    /// Rows.
    pub rows: Vec<ListRow>,
}

/// A row of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListRow {
    /// Comes back with the answer; 1–200 characters, unique within the message.
    pub id: String,
    /// Title, 1–24 characters.
    pub title: String,
    /// Further text, at most 72 characters.
    pub description: Option<String>,
}

/// A place. Degrees are integers in units of 10⁻⁶ degree: events hold no floats.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Latitude, 10⁻⁶ degree, north positive.
    pub latitude_e6: i64,
    /// Longitude, 10⁻⁶ degree, east positive.
    pub longitude_e6: i64,
    /// Name of the place.
    pub name: Option<String>,
    /// Address.
    pub address: Option<String>,
    /// Link.
    pub url: Option<String>,
}

/// A contact card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactCard {
    /// Name as shown.
    pub formatted_name: String,
    /// Telephone numbers as given.
    pub phones: Vec<String>,
    /// E-mail addresses as given.
    pub emails: Vec<String>,
    /// Company.
    pub company: Option<String>,
}

/// One line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLine {
    /// The seller's id of the product.
    pub product: String,
    /// Pieces.
    pub quantity: i64,
    /// Price of one piece in 10⁻⁶ of the currency unit (exact for every currency).
    pub price_e6: i64,
    /// ISO 4217 code.
    pub currency: String,
}

/// What an interactive answer answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyKind {
    /// A reply button.
    Button,
    /// A row of a list.
    List,
    /// A flow's form.
    Flow,
    /// A template's quick-reply button.
    TemplateButton,
}

/// Where a conversation came from: a click-to-WhatsApp ad or post (lead attribution).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Referral {
    /// `ad` or `post`.
    pub source_type: String,
    /// Id of the ad or post.
    pub source_id: String,
    /// Link.
    pub source_url: Option<String>,
    /// Headline.
    pub headline: Option<String>,
    /// Text.
    pub body: Option<String>,
    /// Click id.
    pub ctwa_clid: Option<String>,
}
