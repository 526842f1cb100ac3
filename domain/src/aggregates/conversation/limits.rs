//! What may be sent at all: the provider's limits (wire-formats §1.7), checked before anything
//! leaves. Lengths are counted in characters (Unicode scalar values).

use std::collections::BTreeSet;

use super::content::{
    AttachmentKind, ContactCard, ListSection, MediaSource, MessageContent, Place, ReplyButton,
};
use super::refusal::ConversationRefusal as No;
use crate::Personal;

/// Longest text.
const TEXT_MAX: usize = 4_096;
/// Longest name of a template.
const TEMPLATE_NAME_MAX: usize = 512;
/// Longest language code of a template.
const LANGUAGE_MAX: usize = 20;
/// Most parameters of a template.
const PARAMETERS_MAX: usize = 64;
/// Longest parameter: a template's whole body has at most so many characters.
const PARAMETER_MAX: usize = 1_024;
/// Longest caption, and longest text above buttons.
const CAPTION_MAX: usize = 1_024;
/// Longest line above or below.
const LINE_MAX: usize = 60;
/// Longest address of a file.
const LINK_MAX: usize = 2_048;
/// Longest name or address of a place.
const PLACE_MAX: usize = 1_000;

/// Checks a message that is to leave.
pub(super) fn check(content: &MessageContent) -> Result<(), No> {
    use MessageContent as M;
    let (fits, otherwise) = match content {
        M::Text { body } => (is_text(body), No::InvalidText),
        M::Template { name, language, parameters } => {
            (is_template(name, language, parameters), No::InvalidTemplate)
        }
        M::Attachment { file, source, caption, filename } => {
            (is_file(*file, source, caption.as_ref(), filename.as_ref()), No::InvalidAttachment)
        }
        M::Buttons { header, body, footer, buttons } => {
            let lines = is_line(header.as_ref()) && is_line(footer.as_ref());
            (lines && has(body, 1, CAPTION_MAX) && are_buttons(buttons), No::InvalidButtons)
        }
        M::List { header, body, footer, button, sections } => {
            let lines = is_line(header.as_ref()) && is_line(footer.as_ref());
            let whole = lines && has(body, 1, TEXT_MAX) && fits(button, 1, 20);
            (whole && are_sections(sections), No::InvalidList)
        }
        M::Location { place } => (place.reveal().is_some_and(is_place), No::InvalidLocation),
        M::Contact { cards } => {
            (cards.reveal().is_some_and(|cards| are_cards(cards)), No::InvalidContactCards)
        }
        M::Image { .. }
        | M::Document { .. }
        | M::Audio { .. }
        | M::Video { .. }
        | M::Interactive { .. }
        | M::Order { .. }
        | M::System { .. }
        | M::Unsupported { .. } => (false, No::UnsupportedContent),
    };
    if fits { Ok(()) } else { Err(otherwise) }
}

/// Is it a text that can be sent: visible, not blank, not too long?
pub(super) fn is_text(body: &Personal<String>) -> bool {
    has(body, 1, TEXT_MAX)
}

/// Has `text` from `min` to `max` characters, and is not blank where it may not be empty?
pub(super) fn fits(text: &str, min: usize, max: usize) -> bool {
    (min == 0 || !text.trim().is_empty()) && text.chars().count() <= max
}

/// The same of a personal text; a hidden one does not fit.
pub(super) fn has(text: &Personal<String>, min: usize, max: usize) -> bool {
    text.reveal().is_some_and(|text| fits(text, min, max))
}

fn is_line(line: Option<&Personal<String>>) -> bool {
    line.is_none_or(|line| has(line, 1, LINE_MAX))
}

fn is_template(name: &str, language: &str, parameters: &[Personal<String>]) -> bool {
    let in_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let in_code = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (1..=TEMPLATE_NAME_MAX).contains(&name.len())
        && name.bytes().all(in_name)
        && (2..=LANGUAGE_MAX).contains(&language.len())
        && language.bytes().all(in_code)
        && parameters.len() <= PARAMETERS_MAX
        && parameters.iter().all(|value| has(value, 0, PARAMETER_MAX))
}

fn is_file(
    file: AttachmentKind,
    source: &MediaSource,
    caption: Option<&Personal<String>>,
    filename: Option<&Personal<String>>,
) -> bool {
    let plain = |text: &str| !text.contains(|char: char| char.is_whitespace() || char.is_control());
    let source = match source {
        MediaSource::Id(id) => fits(id, 1, 256) && plain(id),
        MediaSource::Link(link) => {
            link.strip_prefix("https://").is_some_and(|rest| fits(rest, 1, LINK_MAX)) && plain(link)
        }
    };
    let (may_caption, may_name) = match file {
        AttachmentKind::Image | AttachmentKind::Video => (true, false),
        AttachmentKind::Document => (true, true),
        AttachmentKind::Audio | AttachmentKind::Sticker => (false, false),
    };
    source
        && caption.is_none_or(|caption| may_caption && has(caption, 1, CAPTION_MAX))
        && filename.is_none_or(|name| may_name && has(name, 1, 240))
}

fn are_buttons(buttons: &[ReplyButton]) -> bool {
    let ids: BTreeSet<&str> = buttons.iter().map(|button| button.id.as_str()).collect();
    (1..=3).contains(&buttons.len())
        && ids.len() == buttons.len()
        && buttons.iter().all(|button| fits(&button.id, 1, 256) && fits(&button.title, 1, 20))
}

/// Ten rows in all sections together, not in each.
fn are_sections(sections: &[ListSection]) -> bool {
    let rows = || sections.iter().flat_map(|section| &section.rows);
    let ids: BTreeSet<&str> = rows().map(|row| row.id.as_str()).collect();
    let count = rows().count();
    let titled = |section: &ListSection| match &section.title {
        Some(title) => fits(title, 1, 24),
        None => sections.len() == 1,
    };
    (1..=10).contains(&count)
        && ids.len() == count
        && sections.iter().all(|section| titled(section) && !section.rows.is_empty())
        && rows().all(|row| {
            let description = row.description.as_deref();
            fits(&row.id, 1, 200)
                && fits(&row.title, 1, 24)
                && description.is_none_or(|text| fits(text, 1, 72))
        })
}

fn is_place(place: &Place) -> bool {
    let short = |text: &Option<String>| text.as_deref().is_none_or(|text| fits(text, 1, PLACE_MAX));
    (-90_000_000..=90_000_000).contains(&place.latitude_e6)
        && (-180_000_000..=180_000_000).contains(&place.longitude_e6)
        && short(&place.name)
        && short(&place.address)
        && short(&place.url)
}

fn are_cards(cards: &[ContactCard]) -> bool {
    let short = |texts: &[String]| texts.len() <= 10 && texts.iter().all(|text| fits(text, 1, 254));
    (1..=10).contains(&cards.len())
        && cards.iter().all(|card| {
            fits(&card.formatted_name, 1, 200)
                && short(&card.phones)
                && short(&card.emails)
                && card.company.as_deref().is_none_or(|company| fits(company, 1, 200))
        })
}
