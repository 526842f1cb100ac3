//! What a message carries. A file is an address.

use bitacora_domain::aggregates::conversation::{Media, MessageContent, Place};
use bitacora_domain::{Personal, Subject};
use serde_json::Value;

use crate::sources::json;

/// Longest address that is believed to be one.
const URL_MAX: usize = 2_048;

pub(super) fn content(raw: &Value, subject: &Subject) -> MessageContent {
    let words = json::filled(raw, "content");
    let personal = |text: String| Personal::new(subject.clone(), text);
    let Some(file) = raw.get("file").filter(|file| file.is_object()) else {
        return MessageContent::Text { body: personal(words.unwrap_or_default()) };
    };
    let kind = json::text(file, "file_type").unwrap_or("file");
    let caption = words.map(personal);
    let read =
        match kind {
            "image" => media(file, "image/*").map(|media| MessageContent::Image {
                media,
                caption,
                sticker: false,
            }),
            "audio" => {
                media(file, "audio/*").map(|media| MessageContent::Audio { media, voice: false })
            }
            "video" => media(file, "video/*").map(|media| MessageContent::Video { media, caption }),
            "file" => media(file, "application/octet-stream")
                .map(|media| MessageContent::Document { media, filename: None, caption }),
            "location" => place(file, subject),
            _ => None,
        };
    read.unwrap_or_else(|| MessageContent::Unsupported {
        provider_type: kind.chars().take(64).collect(),
        code: None,
    })
}

/// The help desk tells the family of a file; its type only where it knows the extension.
fn media(file: &Value, family: &str) -> Option<Media> {
    let url = json::text(file, "data_url")?;
    let web = url.starts_with("https://") || url.starts_with("http://");
    let visible = url.chars().all(|char| !char.is_whitespace() && !char.is_control());
    let mime_type = json::filled(file, "content_type").unwrap_or_else(|| family.to_owned());
    (web && visible && url.len() <= URL_MAX).then(|| Media {
        provider_media_id: url.to_owned(),
        mime_type: mime_type.chars().take(255).collect(),
        sha256: None,
    })
}

fn place(file: &Value, subject: &Subject) -> Option<MessageContent> {
    let place = Place {
        latitude_e6: json::millionths(file, "coordinates_lat")?,
        longitude_e6: json::millionths(file, "coordinates_long")?,
        name: json::filled(file, "fallback_title"),
        address: None,
        url: None,
    };
    Some(MessageContent::Location { place: Personal::new(subject.clone(), place) })
}
