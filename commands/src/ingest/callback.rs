//! What travels with a message of ours to the provider and comes back with its statuses
//! (`biz_opaque_callback_data`): a status can be routed by it before we have learnt the id that
//! the provider gave to the message.

use bitacora_domain::{ConversationId, MessageId};

/// Form of the text; another form gets another letter or number.
const PREFIX: &str = "b1:";

/// The text to send along: `b1:<conversation>:<message>`.
pub fn encode(conversation: ConversationId, message: MessageId) -> String {
    format!("{PREFIX}{conversation}:{message}")
}

/// Conversation and message of a text that [`encode`] made; `None` for a text of others. Only a
/// hint: whether the conversation is the tenant's is for the log to say.
pub fn decode(text: &str) -> Option<(ConversationId, MessageId)> {
    let (conversation, message) = text.strip_prefix(PREFIX)?.split_once(':')?;
    Some((conversation.parse().ok()?, message.parse().ok()?))
}

/// Conversation and message of the owner text of a `message.provider` claim.
pub(super) fn decode_owner(text: &str) -> Option<(ConversationId, MessageId)> {
    let (conversation, message) = text.split_once('/')?;
    Some((conversation.parse().ok()?, message.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn what_was_encoded_decodes_and_nothing_else_does() {
        let ids = (ConversationId::new(Uuid::from_u128(1)), MessageId::new(Uuid::from_u128(2)));
        let text = encode(ids.0, ids.1);
        assert!(text.len() <= 512, "Meta keeps 512 characters");
        assert_eq!(decode(&text), Some(ids));
        for other in
            ["", "b1:", "b1:x:y", "b2:a:b", "msg_01JD8Z", &text[..text.len() - 1], &text[3..]]
        {
            assert_eq!(decode(other), None, "{other}");
        }
        assert_eq!(decode_owner(&format!("{}/{}", ids.0, ids.1)), Some(ids));
        assert_eq!(decode_owner(&text), None);
    }
}
