//! What a message carries. A file is an address; the words under it are a caption, unless they
//! are the bot's name for what it is (`_event_voice_note__…`).

use bitacora_domain::aggregates::conversation::{Media, MessageContent};
use bitacora_domain::{Personal, Subject};
use serde_json::Value;

use crate::sources::json;

/// Longest address that is believed to be one.
const URL_MAX: usize = 2_048;
/// What begins the bot's name for something that is no text.
const PLACEHOLDER: &str = "_event_";

/// Is it no text, but the bot's name for something else?
pub(super) fn is_placeholder(words: &str) -> bool {
    words.starts_with(PLACEHOLDER)
}

/// What something is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Image,
    Audio { voice: bool },
    Video,
    Document,
}

pub(super) fn content(raw: &Value, subject: &Subject) -> MessageContent {
    let words = json::text(raw, "body").unwrap_or_default();
    let event = words.strip_prefix(PLACEHOLDER).and_then(|rest| rest.split("__").next());
    let personal = |text: &str| Personal::new(subject.clone(), text.to_owned());
    let file = raw.get("file").filter(|file| file.is_object());
    let Some(file) = file else {
        // a place whose coordinates the bot keeps to itself, or a file that it lost
        return match event {
            Some(event) => unsupported(event),
            None => MessageContent::Text { body: personal(words) },
        };
    };
    let mime = json::filled(file, "mimetype");
    let Some(media) = media(file, mime.as_deref()) else {
        return unsupported(event.unwrap_or("file"));
    };
    let caption = (event.is_none() && !words.is_empty()).then(|| personal(words));
    match kind(event, mime.as_deref()) {
        Kind::Image => MessageContent::Image { media, caption, sticker: false },
        Kind::Audio { voice } => MessageContent::Audio { media, voice },
        Kind::Video => MessageContent::Video { media, caption },
        Kind::Document => MessageContent::Document { media, filename: None, caption },
    }
}

/// The media type knows best; the bot's name is for files without one.
fn kind(event: Option<&str>, mime: Option<&str>) -> Kind {
    let voice = event == Some("voice_note");
    match mime.and_then(|mime| mime.split('/').next()) {
        Some("image") => Kind::Image,
        Some("audio") => Kind::Audio { voice },
        Some("video") => Kind::Video,
        Some(_) => Kind::Document,
        None => match event {
            Some("image" | "media") => Kind::Image,
            Some("voice_note") => Kind::Audio { voice },
            _ => Kind::Document,
        },
    }
}

fn media(file: &Value, mime: Option<&str>) -> Option<Media> {
    let url = json::text(file, "url")?;
    let web = url.starts_with("https://") || url.starts_with("http://");
    let visible = url.chars().all(|char| !char.is_whitespace() && !char.is_control());
    let mime_type = mime.unwrap_or("application/octet-stream").chars().take(255).collect();
    (web && visible && url.len() <= URL_MAX).then(|| Media {
        provider_media_id: url.to_owned(),
        mime_type,
        sha256: None,
    })
}

fn unsupported(event: &str) -> MessageContent {
    MessageContent::Unsupported { provider_type: event.chars().take(64).collect(), code: None }
}
