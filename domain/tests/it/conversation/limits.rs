//! What the provider takes (wire-formats §1.7), checked before anything leaves.

use bitacora_domain::aggregates::conversation::{
    AttachmentKind, ContactCard, ListRow, ListSection, MediaSource, MessageContent as M, Place,
    ReplyButton,
};
use bitacora_domain::{Personal, Subject};

use super::samples::{contents, ours, queue};
use super::waiting;
use crate::support::ids::{CONTACT, personal};

fn said(content: M) -> String {
    waiting().when(queue(content)).summary()
}

fn times(n: usize) -> String {
    "ñ".repeat(n)
}

#[test]
fn what_we_send_and_what_only_contacts_send() {
    for (kind, content) in contents() {
        let expected = match kind {
            "text" | "template" | "location" | "contact" => "MessageQueued",
            _ => "!UNSUPPORTED_CONTENT",
        };
        assert_eq!(said(content), expected, "{kind}");
    }
    for (kind, content) in ours() {
        assert_eq!(said(content), "MessageQueued", "{kind}");
    }
}

fn buttons(titles: &[(&str, &str)], body: &str, header: Option<&str>) -> M {
    M::Buttons {
        header: header.map(personal),
        body: personal(body),
        footer: None,
        buttons: titles
            .iter()
            .map(|(id, title)| ReplyButton { id: (*id).to_owned(), title: (*title).to_owned() })
            .collect(),
    }
}

#[test]
fn one_to_three_buttons_with_short_titles_and_different_ids() {
    let (title, id) = (times(20), times(256));
    let three = [(id.as_str(), title.as_str()), ("b", "B"), ("c", "C")];
    assert_eq!(said(buttons(&three, &times(1_024), Some(&times(60)))), "MessageQueued");
    let (title, id) = (times(21), times(257));
    for (bad, body, header) in [
        (vec![], "x".to_owned(), None),
        (vec![("a", "A"), ("b", "B"), ("c", "C"), ("d", "D")], "x".to_owned(), None),
        (vec![("a", "A"), ("a", "B")], "x".to_owned(), None),
        (vec![("a", title.as_str())], "x".to_owned(), None),
        (vec![(id.as_str(), "A")], "x".to_owned(), None),
        (vec![("a", " ")], "x".to_owned(), None),
        (vec![("a", "A")], times(1_025), None),
        (vec![("a", "A")], "x".to_owned(), Some(times(61))),
    ] {
        let header = header.as_deref();
        assert_eq!(said(buttons(&bad, &body, header)), "!INVALID_BUTTONS", "{bad:?}");
    }
}

fn row(id: &str, title: &str, description: Option<&str>) -> ListRow {
    let description = description.map(str::to_owned);
    ListRow { id: id.to_owned(), title: title.to_owned(), description }
}

fn rows(from: usize, to: usize) -> Vec<ListRow> {
    (from..to).map(|n| row(&format!("r{n}"), "Turno", None)).collect()
}

fn list(sections: Vec<(Option<&str>, Vec<ListRow>)>, button: &str) -> M {
    let section =
        |(title, rows): (Option<&str>, _)| ListSection { title: title.map(str::to_owned), rows };
    M::List {
        header: None,
        body: personal("Elegí"),
        footer: None,
        button: button.to_owned(),
        sections: sections.into_iter().map(section).collect(),
    }
}

#[test]
fn a_list_has_ten_rows_in_all_sections_together() {
    let good = [
        vec![(None, rows(0, 10))],
        vec![(Some("Lunes"), rows(0, 5)), (Some("Martes"), rows(5, 10))],
        vec![(None, vec![row(&times(200), &times(24), Some(&times(72)))])],
    ];
    for sections in good {
        assert_eq!(said(list(sections, &times(20))), "MessageQueued");
    }
    let long = times(25);
    let bad = [
        vec![],
        vec![(None, vec![])],
        vec![(None, rows(0, 11))],
        vec![(Some("Lunes"), rows(0, 6)), (Some("Martes"), rows(6, 11))],
        vec![(None, rows(0, 1)), (None, rows(1, 2))],
        vec![(Some("Lunes"), rows(0, 1)), (Some("Martes"), rows(0, 1))],
        vec![(Some(long.as_str()), rows(0, 1))],
        vec![(None, vec![row("a", &long, None)])],
        vec![(None, vec![row("a", "A", Some(&times(73)))])],
        vec![(None, vec![row(&times(201), "A", None)])],
    ];
    for sections in bad {
        assert_eq!(said(list(sections.clone(), "Ver")), "!INVALID_LIST", "{sections:?}");
    }
    for button in [String::new(), times(21)] {
        assert_eq!(said(list(vec![(None, rows(0, 1))], &button)), "!INVALID_LIST");
    }
}

fn file(file: AttachmentKind, link: &str, caption: Option<&str>, name: Option<&str>) -> M {
    let source = MediaSource::Link(link.to_owned());
    M::Attachment { file, source, caption: caption.map(personal), filename: name.map(personal) }
}

#[test]
fn a_file_has_a_safe_address_and_a_caption_where_there_can_be_one() {
    use AttachmentKind::{Audio, Document, Image, Sticker, Video};
    let link = "https://example.test/a";
    let caption = times(1_024);
    for kind in [Image, Document, Video] {
        assert_eq!(said(file(kind, link, Some(&caption), None)), "MessageQueued");
        let long = times(1_025);
        assert_eq!(said(file(kind, link, Some(&long), None)), "!INVALID_ATTACHMENT");
    }
    for kind in [Audio, Sticker] {
        assert_eq!(said(file(kind, link, None, None)), "MessageQueued");
        assert_eq!(said(file(kind, link, Some("x"), None)), "!INVALID_ATTACHMENT");
    }
    assert_eq!(said(file(Document, link, None, Some("a.pdf"))), "MessageQueued");
    assert_eq!(said(file(Image, link, None, Some("a.pdf"))), "!INVALID_ATTACHMENT");
    for bad in ["http://example.test/a", "https://", "https://a b", "file:///etc/passwd", ""] {
        assert_eq!(said(file(Image, bad, None, None)), "!INVALID_ATTACHMENT", "{bad}");
    }
    let id = |id: &str| M::Attachment {
        file: Image,
        source: MediaSource::Id(id.to_owned()),
        caption: None,
        filename: None,
    };
    assert_eq!(said(id("1754951608042154")), "MessageQueued");
    assert_eq!(said(id(" ")), "!INVALID_ATTACHMENT");
}

#[test]
fn a_place_is_on_the_globe_and_a_card_has_a_name() {
    let place = |latitude_e6, longitude_e6| M::Location {
        place: Personal::new(
            Subject::contact(CONTACT),
            Place { latitude_e6, longitude_e6, name: None, address: None, url: None },
        ),
    };
    assert_eq!(said(place(-90_000_000, 180_000_000)), "MessageQueued");
    assert_eq!(said(place(90_000_001, 0)), "!INVALID_LOCATION");
    assert_eq!(said(place(0, -180_000_001)), "!INVALID_LOCATION");
    let card = |name: &str| ContactCard {
        formatted_name: name.to_owned(),
        phones: vec![],
        emails: vec![],
        company: None,
    };
    let cards = |cards| M::Contact { cards: Personal::new(Subject::contact(CONTACT), cards) };
    assert_eq!(said(cards(vec![card("Raúl"); 10])), "MessageQueued");
    assert_eq!(said(cards(vec![card("Raúl"); 11])), "!INVALID_CONTACT_CARDS");
    assert_eq!(said(cards(vec![])), "!INVALID_CONTACT_CARDS");
    assert_eq!(said(cards(vec![card(" ")])), "!INVALID_CONTACT_CARDS");
}

#[test]
fn what_needs_no_template_needs_the_window() {
    for (kind, content) in ours() {
        let late = waiting().at(24 * 60).when(queue(content));
        assert_eq!(late.summary(), "!SERVICE_WINDOW_CLOSED", "{kind}");
    }
}
