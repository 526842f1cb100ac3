//! Inbound routing: what a contact says or does reaches what it is about.

use bitacora_domain::aggregates::call_session::{
    CallCommand, CallDirection, CallOutcome, CallSession, FollowUpChannel, ProviderIds,
};
use bitacora_domain::aggregates::contact::{
    Contact, ContactCommand, Identity, IdentityKind, OptOutCategory,
};
use bitacora_domain::aggregates::conversation::{
    AiPolicy, Conversation, ConversationCommand as C, MessageContent, Sender, Triage,
};
use bitacora_domain::aggregates::lead::{Lead, LeadStatus};
use bitacora_domain::aggregates::offer::ChargeModel;
use bitacora_domain::aggregates::tenant::{AiMode, TriageCategory};
use bitacora_domain::aggregates::ticket::{
    DEFAULT_REOPEN_WINDOW_S, Ticket, TicketCategory, TicketCommand as T, TicketOrigin, TicketStatus,
};
use bitacora_domain::{
    Actor, ActorKind, CallId, ContactId, ConversationId, MessageId, Personal, Subject, TicketId,
};
use chrono::TimeDelta;
use uuid::Uuid;

use crate::lead_delivery::lead_of;
use crate::stage::Stage;

fn said_by(contact: ContactId, text: &str) -> Personal<String> {
    Personal::new(Subject::contact(contact), text.to_owned())
}

async fn contact(stage: &Stage) -> ContactId {
    let contact: ContactId = stage.id();
    let phone = format!("+54911{:08}", contact.as_uuid().as_u128() % 100_000_000);
    let identities = vec![Identity { kind: IdentityKind::Phone, value: said_by(contact, &phone) }];
    stage.give::<Contact>(contact, ContactCommand::Register { identities, name: None }).await;
    contact
}

async fn conversation(stage: &Stage, contact: ContactId) -> ConversationId {
    let conversation: ConversationId = stage.id();
    let start = C::Start { contact, channel: stage.id(), external_thread: None, opted_out: false };
    stage.give::<Conversation>(conversation, start).await;
    conversation
}

/// The contact writes; the message's id.
async fn writes(
    stage: &Stage,
    contact: ContactId,
    conversation: ConversationId,
    text: &str,
) -> MessageId {
    let provider_message_id = format!("wamid.{}", stage.id::<Uuid>());
    let body = C::ReceiveMessage {
        provider_message_id,
        content: MessageContent::Text { body: said_by(contact, text) },
        reply_to: None,
        referral: None,
        forwarded: false,
        sent_at: stage.clock_now(),
    };
    let whatsapp = Actor::provider("whatsapp");
    stage.give_to::<Conversation>(stage.tenant, conversation, whatsapp, body).await;
    let id: Uuid = sqlx::query_scalar(
        "select (payload #>> '{MessageReceived,message}')::uuid from log.events \
         where aggregate_id = $1 and event_type = 'MessageReceived' order by sequence desc limit 1",
    )
    .bind(conversation.to_string())
    .fetch_one(&stage.db.pools().admin)
    .await
    .unwrap();
    stage.settle().await;
    MessageId::new(id)
}

async fn ticket(stage: &Stage, contact: ContactId, conversation: ConversationId) -> TicketId {
    let ticket: TicketId = stage.id();
    let body = T::Open {
        category: TicketCategory::Reclamo,
        priority: None,
        confidence_bp: None,
        subject: said_by(contact, "Llegó roto"),
        contact,
        conversation: Some(conversation),
        origin: TicketOrigin::Manual,
        parent: None,
        missing_fields: std::collections::BTreeSet::new(),
        sla: None,
    };
    stage.give::<Ticket>(ticket, body).await;
    stage.settle().await;
    ticket
}

async fn closed_ticket(stage: &Stage, contact: ContactId, talk: ConversationId) -> TicketId {
    let ticket = ticket(stage, contact, talk).await;
    let reopen_window_s = DEFAULT_REOPEN_WINDOW_S;
    let resolve = T::Resolve { resolution: None, root_cause: None, reopen_window_s };
    stage.give::<Ticket>(ticket, resolve).await;
    stage.give::<Ticket>(ticket, T::Close).await;
    stage.settle().await;
    ticket
}

async fn open_lead(stage: &Stage, contact: ContactId) -> bitacora_domain::LeadId {
    stage.systems.connect(0);
    lead_of(stage, contact, ChargeModel::Subscription).await
}

async fn assert_nothing_odd(stage: &Stage) {
    let open = stage.open_effects().await;
    let odd: Vec<_> =
        open.iter().filter(|effect| !effect.contains("NO_DELIVERY_TARGETS")).collect();
    assert!(odd.is_empty(), "{odd:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_reaches_the_leads_of_its_contact() {
    let stage = Stage::new().await;
    let (one, other) = (contact(&stage).await, contact(&stage).await);
    let (mine, theirs) = (open_lead(&stage, one).await, open_lead(&stage, other).await);
    let talk = conversation(&stage, one).await;
    stage.settle().await;
    assert!(stage.story(talk).await.contains(&"EntityLinked".to_owned()), "the lead is linked");
    writes(&stage, one, talk, "hola, ¿sigue disponible?").await;
    let heard = |story: &[String]| story.iter().filter(|e| e.as_str() == "LeadReplied").count();
    assert_eq!(heard(&stage.story(mine).await), 1);
    assert_eq!(heard(&stage.story(theirs).await), 0, "of another contact");
    // A lead that comes later finds the conversation.
    let third = contact(&stage).await;
    let talk = conversation(&stage, third).await;
    stage.settle().await;
    open_lead(&stage, third).await;
    stage.settle().await;
    assert!(stage.story(talk).await.contains(&"EntityLinked".to_owned()));
    assert_nothing_odd(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_that_opts_out_stops_every_lead_of_the_contact() {
    let stage = Stage::new().await;
    let contact = contact(&stage).await;
    let lead = open_lead(&stage, contact).await;
    let talk = conversation(&stage, contact).await;
    writes(&stage, contact, talk, "no").await;
    assert_ne!(stage.load::<Lead>(lead).await.status(), LeadStatus::Stopped);
    writes(&stage, contact, talk, "Bajá!").await;
    assert_eq!(stage.load::<Lead>(lead).await.status(), LeadStatus::Stopped);
    assert_eq!(stage.count("ContactOptedOut").await, 1);
    // Said elsewhere, it is heard as well.
    let contact = self::contact(&stage).await;
    let lead = open_lead(&stage, contact).await;
    let body = ContactCommand::OptOut {
        category: OptOutCategory::All,
        by: "agent".into(),
        at: stage.clock_now(),
    };
    stage.give::<Contact>(contact, body).await;
    stage.settle().await;
    assert_eq!(stage.load::<Lead>(lead).await.status(), LeadStatus::Stopped);
    let before = stage.story(lead).await.len();
    let talk = conversation(&stage, contact).await;
    writes(&stage, contact, talk, "hola").await;
    assert_eq!(stage.story(lead).await.len(), before, "a lead that is over hears nothing");
    assert_nothing_odd(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_wakes_the_ticket_that_waits_and_an_answer_stops_its_clock() {
    let stage = Stage::new().await;
    let contact = contact(&stage).await;
    let talk = conversation(&stage, contact).await;
    let ticket = ticket(&stage, contact, talk).await;
    stage.give::<Ticket>(ticket, T::StartWork).await;
    stage.give::<Ticket>(ticket, T::WaitForCustomer { question: None }).await;
    writes(&stage, contact, talk, "aquí está el número").await;
    let state = stage.load::<Ticket>(ticket).await;
    assert_eq!(state.status(), TicketStatus::InProgress);
    assert_eq!(state.awaiting_since(), Some(stage.clock_now()));
    stage.clock.set(stage.clock_now() + TimeDelta::minutes(3));
    let answered = stage.clock_now();
    let answer = C::SendMessage {
        client_message_id: None,
        content: MessageContent::Text { body: said_by(contact, "gracias, lo vemos") },
        sender: Sender::Agent,
        reply_to: None,
    };
    stage.give::<Conversation>(talk, answer).await;
    stage.settle().await;
    assert_eq!(stage.load::<Ticket>(ticket).await.awaiting_since(), None);
    let at: String = sqlx::query_scalar(
        "select payload #>> '{TicketResponded,at}' from log.events \
         where aggregate_id = $1 and event_type = 'TicketResponded'",
    )
    .bind(ticket.to_string())
    .fetch_one(&stage.db.pools().admin)
    .await
    .unwrap();
    assert_eq!(at.parse::<chrono::DateTime<chrono::Utc>>().unwrap(), answered);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_to_a_closed_ticket_opens_one_follow_up() {
    let stage = Stage::new().await;
    let contact = contact(&stage).await;
    let talk = conversation(&stage, contact).await;
    let closed = closed_ticket(&stage, contact, talk).await;
    writes(&stage, contact, talk, "Gracias!").await;
    assert_eq!(stage.count("TicketOpened").await, 1, "thanks are no new matter");
    writes(&stage, contact, talk, "volvió a fallar").await;
    writes(&stage, contact, talk, "¿hola?").await;
    assert_eq!(stage.count("TicketFollowUpCreated").await, 1);
    assert_eq!(stage.count("TicketOpened").await, 2);
    let follow_up = stage.load::<Ticket>(closed).await.follow_up().unwrap();
    let story = stage.story(follow_up).await;
    assert!(story.contains(&"TicketCustomerReplied".to_owned()), "it hears what comes: {story:?}");
    // Long after the end it is something new.
    let other = conversation(&stage, self::contact(&stage).await).await;
    let whose = stage.load::<Conversation>(other).await.contact().unwrap();
    closed_ticket(&stage, whose, other).await;
    stage.set_back_notes(TimeDelta::days(20)).await;
    writes(&stage, whose, other, "otra cosa").await;
    assert_eq!(stage.count("TicketFollowUpCreated").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn tickets_follow_a_merged_conversation() {
    let stage = Stage::new().await;
    let contact = contact(&stage).await;
    let (from, into) = (conversation(&stage, contact).await, conversation(&stage, contact).await);
    let ticket = ticket(&stage, contact, from).await;
    let merge = C::MergeInto { target: into, target_contact: contact };
    stage.give::<Conversation>(from, merge).await;
    stage.settle().await;
    writes(&stage, contact, into, "¿alguna novedad?").await;
    let story = stage.story(ticket).await;
    assert!(story.contains(&"TicketCustomerReplied".to_owned()), "{story:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_triage_is_unsure_of_becomes_one_ticket() {
    let stage = Stage::new().await;
    let contact = contact(&stage).await;
    let talk = conversation(&stage, contact).await;
    for text in ["mi factura está mal", "¿me escuchan?"] {
        let message = writes(&stage, contact, talk, text).await;
        let judged = C::RecordTriage {
            message,
            triage: Triage {
                category: TriageCategory::Facturacion,
                intent: None,
                confidence_bp: 2_000,
                missing_fields: vec!["numero_de_factura".into()],
                sentiment: None,
                model: "stub".into(),
                prompt_version: "1".into(),
                tokens: 10,
            },
            policy: AiPolicy {
                mode: AiMode::Assisted,
                autopilot: std::collections::BTreeSet::new(),
                threshold_bp: 7_000,
            },
            reply: None,
            citations: Vec::new(),
            actions: Vec::new(),
            suggestion_ttl_s: 3_600,
        };
        let ai = Actor::new(ActorKind::Ai, "stub");
        stage.give_to::<Conversation>(stage.tenant, talk, ai, judged).await;
        stage.settle().await;
    }
    assert_eq!(stage.count("TicketOpened").await, 1, "one of a conversation and category");
    let linked = stage.story(talk).await.iter().filter(|e| *e == "EntityLinked").count();
    assert_eq!(linked, 1);
    let ticket: String =
        sqlx::query_scalar("select aggregate_id from log.events where event_type = 'TicketOpened'")
            .fetch_one(&stage.db.pools().admin)
            .await
            .unwrap();
    let state = stage.load::<Ticket>(&ticket).await;
    assert_eq!(state.contact(), Some(contact));
    assert!(state.missing().contains("numero_de_factura"));
    assert_nothing_odd(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_tied_to_what_its_caller_has_open() {
    let stage = Stage::new().await;
    let (contact, stranger) = (contact(&stage).await, contact(&stage).await);
    let talk = conversation(&stage, contact).await;
    conversation(&stage, stranger).await;
    let (lead, ticket) = (open_lead(&stage, contact).await, ticket(&stage, contact, talk).await);
    closed_ticket(&stage, contact, talk).await;
    let call: CallId = stage.id();
    let body = CallCommand::RecordInboundCall {
        contact: None,
        from: Some(said_by(contact, "+5491166600011")),
        channel: None,
        ids: ProviderIds { call_sid: Some("CA1".into()), ..ProviderIds::default() },
        started_at: stage.clock_now(),
    };
    stage.give_to::<CallSession>(stage.tenant, call, Actor::provider("twilio"), body).await;
    stage.settle().await;
    assert_eq!(stage.count("CallLinked").await, 0, "nobody knows who calls");
    stage.give::<CallSession>(call, CallCommand::IdentifyCaller { contact }).await;
    stage.settle().await;
    let mut links: Vec<String> = sqlx::query_scalar(
        "select payload #>> '{CallLinked,id}' from log.events where event_type = 'CallLinked'",
    )
    .fetch_all(&stage.db.pools().admin)
    .await
    .unwrap();
    links.sort();
    let mut expected = [talk.to_string(), lead.to_string(), ticket.to_string()];
    expected.sort();
    assert_eq!(links, expected);
    assert!(stage.story(ticket).await.contains(&"TicketLinked".to_owned()));
    let calls = stage
        .number(&format!(
            "select count(*) from log.events where event_type = 'EntityLinked' \
             and payload #>> '{{EntityLinked,id}}' = '{call}'"
        ))
        .await;
    assert_eq!(calls, 1, "the conversation knows the call");
    assert_nothing_odd(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follow_up_that_was_approved_leaves_in_the_conversation() {
    let stage = Stage::new().await;
    let contact = contact(&stage).await;
    let talk = conversation(&stage, contact).await;
    writes(&stage, contact, talk, "llámenme").await;
    for whose in [contact, self::contact(&stage).await] {
        let call: CallId = stage.id();
        let over = CallCommand::ImportCall {
            contact: Some(whose),
            direction: CallDirection::Inbound,
            number: None,
            channel: None,
            ids: ProviderIds { call_sid: Some(format!("CA{whose}")), ..ProviderIds::default() },
            outcome: CallOutcome::Completed,
            started_at: stage.clock_now(),
            duration_s: Some(60),
        };
        stage.give::<CallSession>(call, over).await;
        let suggest = CallCommand::SuggestFollowUp {
            channel: FollowUpChannel::Whatsapp,
            text: said_by(whose, "Le paso el presupuesto."),
            autopilot: true,
        };
        stage.give::<CallSession>(call, suggest).await;
        stage.settle().await;
    }
    let queued = stage
        .number(
            "select count(*) from log.events where event_type = 'MessageQueued' \
             and payload #>> '{MessageQueued,client_message_id}' like 'follow-up:%'",
        )
        .await;
    assert_eq!(queued, 1);
    let open = stage.open_effects().await;
    assert!(open.contains(&"call.follow_up dead NO_CONVERSATION".to_owned()), "{open:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_another_tenant_is_reached() {
    let stage = Stage::new().await;
    let contact = contact(&stage).await;
    let lead = open_lead(&stage, contact).await;
    stage.settle().await;
    let before = stage.story(lead).await.len();
    // Another tenant's conversation with a contact of the very same id.
    let other = bitacora_domain::TenantId::new(stage.id());
    stage.register(other).await;
    let talk: ConversationId = stage.id();
    let start = C::Start { contact, channel: stage.id(), external_thread: None, opted_out: false };
    stage.give_to::<Conversation>(other, talk, crate::stage::person(), start).await;
    let body = C::ReceiveMessage {
        provider_message_id: "wamid.other".into(),
        content: MessageContent::Text { body: said_by(contact, "stop") },
        reply_to: None,
        referral: None,
        forwarded: false,
        sent_at: stage.clock_now(),
    };
    stage.give_to::<Conversation>(other, talk, Actor::provider("whatsapp"), body).await;
    stage.settle().await;
    assert_eq!(stage.story(lead).await.len(), before);
    assert!(!stage.story(talk).await.contains(&"EntityLinked".to_owned()));
}
