//! `post_call_audio`: the sound of a call, which the door has put aside.

use serde_json::Value;

use super::envelope::Said;
use crate::sources::CallNews;
use crate::sources::streaming::FileRef;

/// What the delivery says of its call.
///
/// # Errors
/// A stable code when there is no sound that could be heard.
pub(super) fn said(data: &Value, conversation: &str) -> Result<Said, &'static str> {
    let file = data.get("full_audio").and_then(FileRef::read).ok_or("MALFORMED_AUDIO")?;
    let news = vec![CallNews::Audio { sid: conversation.to_owned(), file }];
    Ok(Said { what: "audio", call_sid: None, birth: None, news })
}
