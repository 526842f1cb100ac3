//! Decisions on surveys: asked by a message, answered by one of its buttons or by hand.

use super::content::{MessageContent, ReplyKind};
use super::events::ConversationEvent as E;
use super::handle::Decision;
use super::limits;
use super::outbound::Outbound;
use super::refusal::ConversationRefusal;
use super::state::Conversation;
use super::vocabulary::{Sender, SurveyKind};
use crate::{Directed, MessageId, Personal};

/// Longest comment, in characters.
const COMMENT_MAX: usize = 2_000;

impl Conversation {
    /// A newer survey takes the place of one that nobody answered.
    pub(super) fn request_survey(
        &self,
        of: &Directed<()>,
        kind: SurveyKind,
        content: MessageContent,
    ) -> Decision {
        limits::check(&content)?;
        let mut events = self.queued(of, Outbound::new(content, Sender::System));
        let message = MessageId::new(of.new_id(0));
        events.push(E::SurveyRequested { kind, message, at: of.now });
        Ok(events)
    }

    pub(super) fn record_survey(
        &self,
        of: &Directed<()>,
        kind: SurveyKind,
        score: i64,
        comment: Option<Personal<String>>,
    ) -> Decision {
        if self.survey != Some(kind) {
            return Err(ConversationRefusal::SurveyNotRequested);
        }
        if !kind.range().contains(&score) {
            return Err(ConversationRefusal::InvalidScore);
        }
        if comment.as_ref().is_some_and(|comment| !limits::has(comment, 1, COMMENT_MAX)) {
            return Err(ConversationRefusal::InvalidComment);
        }
        Ok(vec![E::SurveyAnswered { kind, score, comment, at: of.now }])
    }
}

/// The score in an answer to a survey of `kind`: a chosen option `csat:<n>` or `nps:<n>`.
pub(super) fn score_in(content: &MessageContent, kind: SurveyKind) -> Option<(SurveyKind, i64)> {
    let MessageContent::Interactive { reply, option_id, .. } = content else { return None };
    let prefix = match kind {
        SurveyKind::Csat => "csat:",
        SurveyKind::Nps => "nps:",
    };
    match reply {
        ReplyKind::Button | ReplyKind::List | ReplyKind::TemplateButton => {
            let digits = option_id.strip_prefix(prefix)?;
            let score = digits.parse().ok().filter(|_| crate::text::digits(digits, 1, 2))?;
            kind.range().contains(&score).then_some((kind, score))
        }
        ReplyKind::Flow => None,
    }
}
