//! What the contact thinks of it.

use async_graphql::{Context, Object, Result};
use bitacora_domain::aggregates::conversation::{
    ConversationCommand as Command, ListRow, ListSection, MessageContent,
};
use bitacora_domain::{Personal, Subject};

use super::content::MessageContentInput;
use super::{made, subject_of};
use crate::graphql::caller::Caller;
use crate::graphql::modules::messages::Message;
use crate::graphql::vocabulary::SurveyKind;

conversation_types! {
    /// What to ask the contact.
    "requestSurvey": RequestSurveyInput {
        /// Which survey.
        pub kind: SurveyKind,
        /// How it is asked; in Spanish, with a list of 1–5 for CSAT, when not given.
        pub content: Option<MessageContentInput>,
    } -> RequestSurveyPayload | RequestSurveyError makes {
        /// The message with the question; null when it failed or the read side is late.
        async fn message(&self, ctx: &Context<'_>) -> Result<Option<Message>> {
            made::message(ctx, self.made.as_ref()).await
        }
    }
}
conversation_types! {
    /// What the contact answered.
    "recordSurvey": RecordSurveyInput {
        /// Which survey.
        pub kind: SurveyKind,
        /// Score: CSAT 1–5, NPS 0–10.
        pub score: i64,
        /// In words; at most 2,000 characters.
        pub comment: Option<String>,
    } -> RecordSurveyPayload | RecordSurveyError
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct SurveyMutations;

#[Object]
impl SurveyMutations {
    /// Asks the contact for an opinion.
    async fn request_survey(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to ask where.")] input: RequestSurveyInput,
    ) -> Result<RequestSurveyPayload> {
        let caller = Caller::of(ctx)?;
        on_prepared_conversation!(ctx, Work, input, async {
            let subject = subject_of(caller, &input.id).await?;
            let content = match input.content.clone() {
                Some(content) => content.of(&subject),
                None => question(input.kind, &subject),
            };
            Ok(Command::RequestSurvey { kind: input.kind.into(), content })
        })
    }

    /// Records the contact's opinion. For integrations, since whoever may do this can put an
    /// opinion into a contact's mouth.
    async fn record_survey(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which opinion where.")] input: RecordSurveyInput,
    ) -> Result<RecordSurveyPayload> {
        let caller = Caller::of(ctx)?;
        on_prepared_conversation!(ctx, Integrate, input, async {
            let comment = match input.comment.clone() {
                Some(text) => Some(Personal::new(subject_of(caller, &input.id).await?, text)),
                None => None,
            };
            Ok(Command::RecordSurvey { kind: input.kind.into(), score: input.score, comment })
        })
    }
}

/// The question as it is asked when nobody says otherwise.
fn question(kind: SurveyKind, subject: &Subject) -> MessageContent {
    let personal = |text: &str| Personal::new(subject.clone(), text.to_owned());
    let row = |score: i64, title: &str| ListRow {
        id: format!("csat:{score}"),
        title: title.to_owned(),
        description: None,
    };
    match kind {
        SurveyKind::Csat => MessageContent::List {
            header: None,
            body: personal("¿Cómo fue nuestra atención?"),
            footer: None,
            button: "Responder".to_owned(),
            sections: vec![ListSection {
                title: None,
                rows: vec![
                    row(5, "5 · Excelente"),
                    row(4, "4 · Buena"),
                    row(3, "3 · Regular"),
                    row(2, "2 · Mala"),
                    row(1, "1 · Muy mala"),
                ],
            }],
        },
        SurveyKind::Nps => MessageContent::Text {
            body: personal(
                "Del 0 al 10, ¿cuánto nos recomendarías a un amigo o familiar? Respondé con un \
                 número.",
            ),
        },
    }
}
