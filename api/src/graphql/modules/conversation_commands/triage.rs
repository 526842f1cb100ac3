//! What AI services say about a conversation. The tenant's rules for the AI are looked up here
//! and never taken from a caller: whoever judges does not also say what may follow.

use async_graphql::{Context, ID, InputObject, Object, Result};
use bitacora_domain::aggregates::conversation::{
    self as domain, AiPolicy, ConversationCommand as Command,
};
use bitacora_domain::aggregates::tenant::Tenant;
use bitacora_domain::{MessageId, Personal, Subject};
use uuid::Uuid;

use super::{existing, made, subject_of};
use crate::graphql::caller::Caller;
use crate::graphql::fault::Fault;
use crate::graphql::ids::NodeType;
use crate::graphql::modules::messages::Message;
use crate::graphql::modules::suggestions::Suggestion;
use crate::graphql::modules::tenants::TriageCategory;
use crate::graphql::mutation::{Unmet, argument, user_error};

/// How long a suggestion stands unless said otherwise, seconds.
const SUGGESTION_S: i64 = 15 * 60;

/// A source that an answer cites.
#[derive(Clone, Debug, InputObject)]
pub struct CitationInput {
    /// The document.
    pub document: Uuid,
    /// Title as shown.
    pub title: String,
    /// Which part of it.
    pub chunk: Option<i64>,
}

/// An action that the AI proposes.
#[derive(Clone, Debug, InputObject)]
pub struct ProposedActionInput {
    /// What to do, such as `create_ticket`.
    pub kind: String,
    /// Its arguments as JSON text.
    pub arguments: Option<String>,
}

conversation_types! {
    /// What the AI thinks of a message, and what it would say and do.
    "recordTriage": RecordTriageInput {
        /// The message.
        pub message_id: ID,
        /// Category.
        pub category: TriageCategory,
        /// Intent, such as `query_price`.
        pub intent: Option<String>,
        /// Confidence in basis points, 0–10,000 (0.7 = 7,000).
        pub confidence_bp: i64,
        /// Data that is needed and was not given.
        pub missing_fields: Option<Vec<String>>,
        /// `positive`, `neutral` or `negative`.
        pub sentiment: Option<String>,
        /// The model, such as `llama-3.3-70b`.
        pub model: String,
        /// Version of the prompt.
        pub prompt_version: String,
        /// Tokens used.
        pub tokens: i64,
        /// What the AI would answer.
        pub reply: Option<String>,
        /// What the answer cites.
        pub citations: Option<Vec<CitationInput>>,
        /// What the AI would do.
        pub actions: Option<Vec<ProposedActionInput>>,
        /// How long a suggestion that follows stands, seconds; 900 when not given.
        pub expires_seconds: Option<i64>,
    } -> RecordTriagePayload | RecordTriageError makes {
        /// The answer, when the AI may give it by itself; null when it may not, when it failed,
        /// or when the read side is late.
        async fn message(&self, ctx: &Context<'_>) -> Result<Option<Message>> {
            made::message(ctx, self.made.as_ref()).await
        }
        /// The answer that waits for a person, if one does.
        async fn suggestion(&self, ctx: &Context<'_>) -> Result<Option<Suggestion>> {
            made::suggestion(ctx, self.made.as_ref()).await
        }
        /// The actions that wait for a person, in the order in which they were given.
        async fn actions(&self, ctx: &Context<'_>) -> Result<Vec<Uuid>> {
            made::actions(ctx, self.made.as_ref()).await
        }
    }
}
conversation_types! {
    /// An answer for a person to approve.
    "suggestReply": SuggestReplyInput {
        /// Text, 1–4,096 characters.
        pub text: String,
        /// What it cites.
        pub citations: Option<Vec<CitationInput>>,
        /// How long it stands, seconds; 900 when not given.
        pub expires_seconds: Option<i64>,
    } -> SuggestReplyPayload | SuggestReplyError makes {
        /// It, for `approveSuggestion`; null when it failed or the read side is late.
        async fn suggestion(&self, ctx: &Context<'_>) -> Result<Option<Suggestion>> {
            made::suggestion(ctx, self.made.as_ref()).await
        }
    }
}
conversation_types! {
    /// A voice message in words.
    "attachAudioTranscript": AttachAudioTranscriptInput {
        /// The message.
        pub message_id: ID,
        /// The words.
        pub text: String,
        /// Language code, such as `es`.
        pub language: String,
        /// The model that did it.
        pub model: String,
    } -> AttachAudioTranscriptPayload | AttachAudioTranscriptError
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct TriageMutations;

#[Object]
impl TriageMutations {
    /// Records what the AI thinks of a message. By the tenant's rules its answer goes out, waits
    /// for a person, or data is asked for.
    async fn record_triage(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is thought of which message.")] input: RecordTriageInput,
    ) -> Result<RecordTriagePayload> {
        let caller = Caller::of(ctx)?;
        on_prepared_conversation!(ctx, Integrate, input, async {
            let message = argument(NodeType::Message, &input.message_id, "messageId")?;
            let subject = subject_of(caller, &input.id).await?;
            Ok(Command::RecordTriage {
                message: MessageId::new(message),
                policy: policy(caller).await?,
                reply: input.reply.clone().map(|text| Personal::new(subject.clone(), text)),
                citations: citations(input.citations.as_deref()),
                actions: actions(input.actions.as_deref(), &subject),
                suggestion_ttl_s: input.expires_seconds.unwrap_or(SUGGESTION_S),
                triage: input.judgement(),
            })
        })
    }

    /// Proposes an answer for a person to approve. One that waits is superseded.
    async fn suggest_reply(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which answer where.")] input: SuggestReplyInput,
    ) -> Result<SuggestReplyPayload> {
        let caller = Caller::of(ctx)?;
        on_prepared_conversation!(ctx, Integrate, input, async {
            let subject = subject_of(caller, &input.id).await?;
            Ok(Command::SuggestReply {
                text: Personal::new(subject, input.text.clone()),
                citations: citations(input.citations.as_deref()),
                ttl_s: input.expires_seconds.unwrap_or(SUGGESTION_S),
            })
        })
    }

    /// Puts a voice message into words.
    async fn attach_audio_transcript(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which words for which message.")] input: AttachAudioTranscriptInput,
    ) -> Result<AttachAudioTranscriptPayload> {
        let caller = Caller::of(ctx)?;
        on_prepared_conversation!(ctx, Integrate, input, async {
            let message = existing::message(caller, &input.id, &input.message_id).await?;
            let subject = subject_of(caller, &input.id).await?;
            Ok(Command::AttachAudioTranscript {
                message,
                text: Personal::new(subject, input.text.clone()),
                language: input.language.clone(),
                model: input.model.clone(),
            })
        })
    }
}

impl RecordTriageInput {
    fn judgement(&self) -> domain::Triage {
        domain::Triage {
            category: self.category.into(),
            intent: self.intent.clone(),
            confidence_bp: self.confidence_bp,
            missing_fields: self.missing_fields.clone().unwrap_or_default(),
            sentiment: self.sentiment.clone(),
            model: self.model.clone(),
            prompt_version: self.prompt_version.clone(),
            tokens: self.tokens,
        }
    }
}

/// The tenant's rules for the AI as they are now.
async fn policy(caller: &Caller) -> std::result::Result<AiPolicy, Unmet> {
    let tenant = caller.tenant();
    let loaded = caller.app.bus.load::<Tenant>(tenant, &tenant.to_string()).await;
    let loaded = loaded.map_err(Fault::unavailable)?;
    let (tenant, _) =
        loaded.ok_or_else(|| user_error("TENANT_NOT_FOUND", "there is no such tenant"))?;
    Ok(AiPolicy {
        mode: tenant.ai_mode(),
        autopilot: tenant.autopilot_categories().clone(),
        threshold_bp: tenant.confidence_threshold_bp(),
    })
}

fn citations(given: Option<&[CitationInput]>) -> Vec<domain::Citation> {
    let citation = |citation: &CitationInput| domain::Citation {
        document: citation.document,
        title: citation.title.clone(),
        chunk: citation.chunk,
    };
    given.into_iter().flatten().map(citation).collect()
}

/// The actions; their ids are the conversation's to give.
fn actions(
    given: Option<&[ProposedActionInput]>,
    subject: &Subject,
) -> Vec<domain::ProposedAction> {
    let action = |action: &ProposedActionInput| domain::ProposedAction {
        action: Uuid::nil(),
        kind: action.kind.clone(),
        arguments: action.arguments.clone().map(|text| Personal::new(subject.clone(), text)),
    };
    given.into_iter().flatten().map(action).collect()
}
