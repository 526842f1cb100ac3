//! Takes a large text out of a JSON body while the body is still arriving.
//!
//! `post_call_audio` carries tens of megabytes of base64 in one string. The bytes of that string
//! go on as they come; what is left of the body is small and is read like any other. Only the
//! structure is followed here (strings, nesting, the names on the way to the text); whether the
//! rest is sound JSON is for whoever parses it.

/// Names on the way from the root to the text.
const PATH: [&[u8]; 2] = [b"data", b"full_audio"];
/// Deeper than this nobody nests, and the parser gives up as well.
const DEPTH_MAX: usize = 128;
/// Largest rest of a body, bytes.
pub(super) const REST_MAX: usize = 4 * 1024 * 1024;

/// The body without the text is larger than [`REST_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body is too large")]
pub(super) struct RestTooLarge;

/// What a string is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// The name of a field.
    Name,
    /// A value like any other.
    Value,
    /// The text that is taken out.
    Text,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Between,
    In(Role),
    /// After a backslash in a string.
    Escape(Role),
    /// In the digits of a `\u`: how many are left, and what they say so far.
    Unicode(Role, u8, u32),
}

/// Follows a body.
pub(super) struct Cutter {
    state: State,
    /// Is it an object, for each level that is open?
    open: Vec<bool>,
    /// How many of the names of [`PATH`] the open levels have matched.
    matched: usize,
    /// A string that comes now is a name.
    name_next: bool,
    /// The name being read; cut, since a longer one is none of ours.
    name: Vec<u8>,
    /// The last name was the next one of [`PATH`], and the value has not begun.
    on_path: bool,
    found: bool,
    before: Vec<u8>,
    after: Vec<u8>,
}

impl Cutter {
    pub(super) fn new() -> Self {
        Self {
            state: State::Between,
            open: Vec::new(),
            matched: 0,
            name_next: false,
            name: Vec::new(),
            on_path: false,
            found: false,
            before: Vec::new(),
            after: Vec::new(),
        }
    }

    /// Takes the next bytes; those of the text are appended to `text`, as they stand between
    /// the quotes but without escapes.
    ///
    /// # Errors
    /// [`RestTooLarge`].
    pub(super) fn take(&mut self, bytes: &[u8], text: &mut Vec<u8>) -> Result<(), RestTooLarge> {
        let mut from = 0;
        while let Some(rest) = bytes.get(from..).filter(|rest| !rest.is_empty()) {
            if self.state == State::In(Role::Text) {
                let plain = plain(rest);
                text.extend_from_slice(rest.get(..plain).unwrap_or_default());
                from += plain;
            }
            let Some(&byte) = bytes.get(from) else { break };
            if let Some(kept) = self.step(byte, text) {
                let rest = if self.found { &mut self.after } else { &mut self.before };
                rest.push(kept);
            }
            from += 1;
        }
        if self.before.len() + self.after.len() > REST_MAX { Err(RestTooLarge) } else { Ok(()) }
    }

    /// Was the text there?
    pub(super) const fn has_found(&self) -> bool {
        self.found
    }

    /// What came before the text and after it; everything is before when there was none.
    pub(super) fn rest(self) -> (Vec<u8>, Vec<u8>) {
        (self.before, self.after)
    }

    /// One byte; given back when it belongs to the rest.
    fn step(&mut self, byte: u8, text: &mut Vec<u8>) -> Option<u8> {
        match self.state {
            State::Between => self.between(byte),
            State::In(role) => self.inside(role, byte),
            State::Escape(role) => {
                self.state = State::In(role);
                if byte == b'u' {
                    self.state = State::Unicode(role, 4, 0);
                } else if role == Role::Text {
                    text.push(byte);
                } else if role == Role::Name {
                    self.name_byte(byte);
                }
                (role != Role::Text).then_some(byte)
            }
            State::Unicode(role, left, so_far) => {
                let digit = char::from(byte).to_digit(16).unwrap_or_default();
                let unit = so_far * 16 + digit;
                self.state = match left {
                    1 => State::In(role),
                    _ => State::Unicode(role, left - 1, unit),
                };
                if left == 1 {
                    // What is no ASCII is no base64 and none of our names: any other byte does.
                    let byte = u8::try_from(unit).unwrap_or(b'?');
                    match role {
                        Role::Text => text.push(byte),
                        Role::Name => self.name_byte(byte),
                        Role::Value => {}
                    }
                }
                (role != Role::Text).then_some(byte)
            }
        }
    }

    fn between(&mut self, byte: u8) -> Option<u8> {
        match byte {
            b'"' if self.on_path && self.matched + 1 == PATH.len() && !self.found => {
                (self.found, self.on_path) = (true, false);
                self.state = State::In(Role::Text);
                return None;
            }
            b'"' => {
                self.name.clear();
                let role = if self.name_next { Role::Name } else { Role::Value };
                self.state = State::In(role);
            }
            b'{' | b'[' => {
                let object = byte == b'{';
                if self.on_path && object {
                    self.matched += 1;
                }
                (self.on_path, self.name_next) = (false, object);
                if self.open.len() < DEPTH_MAX {
                    self.open.push(object);
                }
            }
            b'}' | b']' => {
                self.open.pop();
                self.matched = self.matched.min(self.open.len().saturating_sub(1));
                (self.on_path, self.name_next) = (false, false);
            }
            b',' => {
                self.name_next = self.open.last() == Some(&true);
                self.on_path = false;
            }
            _ => {}
        }
        Some(byte)
    }

    fn inside(&mut self, role: Role, byte: u8) -> Option<u8> {
        match byte {
            b'\\' => self.state = State::Escape(role),
            b'"' => {
                self.state = State::Between;
                if role == Role::Name {
                    self.name_next = false;
                    self.on_path = self.is_next_name();
                } else {
                    self.on_path = false;
                }
            }
            _ if role == Role::Name => self.name_byte(byte),
            _ => {}
        }
        (role != Role::Text).then_some(byte)
    }

    /// Is the name that was read the next one on the path, and at its level?
    fn is_next_name(&self) -> bool {
        self.open.len() == self.matched + 1
            && PATH.get(self.matched).is_some_and(|name| *name == self.name)
    }

    fn name_byte(&mut self, byte: u8) {
        if self.name.len() < 32 {
            self.name.push(byte);
        }
    }
}

/// How many bytes of a string stand for themselves.
fn plain(bytes: &[u8]) -> usize {
    bytes.iter().position(|byte| matches!(byte, b'"' | b'\\')).unwrap_or(bytes.len())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    /// The rest and the text, of a body that arrives in pieces of `size` bytes.
    fn cut(body: &[u8], size: usize) -> (Vec<u8>, Option<Vec<u8>>) {
        let (mut cutter, mut text) = (Cutter::new(), Vec::new());
        for piece in body.chunks(size) {
            cutter.take(piece, &mut text).unwrap();
        }
        let text = cutter.has_found().then_some(text);
        let (mut rest, after) = cutter.rest();
        if text.is_some() {
            rest.extend_from_slice(b"null");
        }
        rest.extend(after);
        (rest, text)
    }

    #[test]
    fn the_text_goes_and_everything_else_stays() {
        let body = r#"{"type":"post_call_audio", "data" : {"agent_id":"a","full_audio" :  "SUQz\/A==","x":[1,{"full_audio":"no"}]}}"#;
        let rest = r#"{"type":"post_call_audio", "data" : {"agent_id":"a","full_audio" :  null,"x":[1,{"full_audio":"no"}]}}"#;
        for size in 1..body.len() {
            let (kept, text) = cut(body.as_bytes(), size);
            assert_eq!(String::from_utf8(kept).unwrap(), rest, "in pieces of {size}");
            assert_eq!(text.as_deref(), Some(&b"SUQz/A=="[..]));
        }
    }

    #[test]
    fn only_the_text_in_its_place_is_taken() {
        for body in [
            r#"{"full_audio":"AAAA"}"#,
            r#"{"data":[{"full_audio":"AAAA"}]}"#,
            r#"{"data":{"x":{"full_audio":"AAAA"}}}"#,
            r#"{"x":{"full_audio":"AAAA"}}"#,
            r#"{"x":"data","y":{"full_audio":"AAAA"}}"#,
            r#"{"data":"full_audio","x":"AAAA"}"#,
            r#"{"data":{"full_audio":null,"x":"AAAA"}}"#,
            r#"{"data":{"full_audio":{"full_audio":"AAAA"}}}"#,
            r#"{"data":{"full_audio":["AAAA"]}}"#,
            r#"{"data":{},"x":{"full_audio":"AAAA"}}"#,
            r#"["data",{"full_audio":"AAAA"}]"#,
            r#"{"data":{"full_audio\u0000":"AAAA"}}"#,
            "",
            "}}]]{",
        ] {
            assert_eq!(cut(body.as_bytes(), 5), (body.as_bytes().to_vec(), None), "{body}");
        }
    }

    #[test]
    fn names_and_texts_may_be_escaped_and_what_is_cut_off_ends_nowhere() {
        let (_, text) = cut(br#"{"d\u0061ta":{"full\u005faudio":"AB\u002fC\n"}}"#, 3);
        assert_eq!(text.as_deref(), Some(&b"AB/Cn"[..]));
        let (rest, text) = cut(br#"{"data":{"full_audio":"AAAA"#, 4);
        assert_eq!(
            (rest, text.as_deref()),
            (br#"{"data":{"full_audio":null"#.to_vec(), Some(&b"AAAA"[..]))
        );
    }

    #[test]
    fn a_rest_that_is_too_large_is_refused_and_a_large_text_is_not() {
        let mut text = Vec::new();
        let mut cutter = Cutter::new();
        cutter.take(br#"{"data":{"full_audio":""#, &mut text).unwrap();
        cutter.take(&vec![b'A'; REST_MAX + 1], &mut text).unwrap();
        assert_eq!(text.len(), REST_MAX + 1);
        assert_eq!(cutter.take(br#"","x":""#, &mut text), Ok(()));
        assert_eq!(cutter.take(&vec![b'A'; REST_MAX], &mut text), Err(RestTooLarge));
        let nested = "[".repeat(1_000_000);
        assert_eq!(Cutter::new().take(nested.as_bytes(), &mut text), Ok(()), "and no deeper");
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let names = prop_oneof![Just("data".to_owned()), Just("full_audio".to_owned()), ".{0,6}"];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i32>().prop_map(Value::from),
            ".{0,9}".prop_map(Value::from)
        ];
        leaf.prop_recursive(4, 40, 6, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::vec((names.clone(), inner), 0..5)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn it_agrees_with_a_parser(mut body in any_json(), pretty: bool, size in 1usize..40) {
            let bytes = if pretty { serde_json::to_vec_pretty(&body) } else { serde_json::to_vec(&body) };
            let (rest, text) = cut(&bytes.unwrap(), size);
            let place = body.get_mut("data").and_then(|data| data.get_mut("full_audio"));
            if let Some(place) = place.filter(|place| place.is_string()) {
                let expected = place.take();
                let plain = expected.as_str().unwrap().chars().all(|c| c.is_ascii_graphic());
                if plain {
                    prop_assert_eq!(text.as_deref(), Some(expected.as_str().unwrap().as_bytes()));
                } else {
                    prop_assert!(text.is_some());
                }
            } else {
                prop_assert_eq!(text, None);
            }
            prop_assert_eq!(serde_json::from_slice::<Value>(&rest).unwrap(), body);
        }
    }

    #[test]
    fn the_rest_of_a_real_delivery_parses() {
        let body = json!({"type": "post_call_audio", "event_timestamp": 1_763_648_025, "data": {
            "agent_id": "agent_1", "conversation_id": "conv_1", "full_audio": "SUQzBAAA"}});
        let (rest, text) = cut(body.to_string().as_bytes(), 7);
        assert_eq!(text.as_deref(), Some(&b"SUQzBAAA"[..]));
        let rest: Value = serde_json::from_slice(&rest).unwrap();
        assert_eq!(rest["data"]["conversation_id"], "conv_1");
    }
}
