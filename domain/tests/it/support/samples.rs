//! One sample of every event of every aggregate, and of every shape that an event can have.

use bitacora_domain::DomainAggregate;
use bitacora_domain::aggregates::channel_account::{ChannelAccount, ChannelEvent, ChannelKind};
use bitacora_domain::aggregates::contact::{
    ConsentScope, Contact, ContactEvent, Identity, IdentityKind, OptOutCategory, Revealing,
};
use bitacora_domain::aggregates::conversation::Conversation;
use bitacora_domain::aggregates::tenant::{
    AiMode, BusinessHours, LimitRule, OpenSpan, Plan, Tenant, TenantEvent, TenantStatus,
    TriageCategory,
};
use bitacora_domain::aggregates::ticket::Ticket;
use cqrs_es::Aggregate;

use super::ids::{CHANNEL, CONTACT, TENANT, message, minute, personal};

/// A sample: the name of its shape, when the event has several, and the event.
pub(crate) type Sample<A> = (Option<&'static str>, <A as Aggregate>::Event);

/// An aggregate whose events have samples.
pub(crate) trait Sampled: DomainAggregate {
    fn samples() -> Vec<Sample<Self>>;
    /// A state in which as much as possible is filled.
    fn full_state() -> Self;
}

/// The state after those samples whose event is not on the list.
pub(crate) fn state_without<A: Sampled>(left_out: &[&str]) -> A {
    use cqrs_es::DomainEvent;
    let mut state = A::default();
    for (_, event) in A::samples() {
        if !left_out.contains(&event.event_type().as_str()) {
            state.apply(event);
        }
    }
    state
}

impl Sampled for Conversation {
    fn samples() -> Vec<Sample<Self>> {
        crate::conversation::samples::events()
    }
    fn full_state() -> Self {
        let mut state: Self = state_without(&[
            "MessageRead",
            "MessagePlayed",
            "MessageFailed",
            "LabelRemoved",
            "ConversationUnassigned",
            "ConversationResolved",
            "ConversationClosed",
            "ConversationReadByAgent",
        ]);
        // Once more somebody waits.
        state.apply(crate::conversation::samples::received(message(8), "wamid.IN9", minute(6)));
        state
    }
}

impl Sampled for Ticket {
    fn samples() -> Vec<Sample<Self>> {
        crate::ticket::samples::events()
    }
    fn full_state() -> Self {
        let ends = ["TicketUnassigned", "TicketHoldEnded", "TicketClosed", "TicketMerged"];
        let mut state: Self = state_without(&ends);
        // Once more it is put aside.
        state.apply(crate::ticket::samples::held(Some(90)));
        state
    }
}

impl Sampled for Contact {
    fn samples() -> Vec<Sample<Self>> {
        use ConsentScope::Calls;
        use ContactEvent as E;
        use OptOutCategory::All;
        let identity = |kind, text| {
            let subject = bitacora_domain::Subject::contact(CONTACT);
            E::ContactIdentityAdded { identity: Identity::parse(kind, text, subject).unwrap() }
        };
        let (category, by, at) = (OptOutCategory::Marketing, "preference".to_owned(), minute(3));
        let late = false;
        vec![
            (None, E::ContactCreated { contact: CONTACT, name: Some(personal("Lucía Ferreyra")) }),
            (Some("nameless"), E::ContactCreated { contact: CONTACT, name: None }),
            (Some("phone"), identity(IdentityKind::Phone, "+5491166600011")),
            (Some("wa_id"), identity(IdentityKind::WaId, "5491166600011")),
            (Some("bsuid"), identity(IdentityKind::Bsuid, "US.13491208655302741918")),
            (Some("email"), identity(IdentityKind::Email, "lucia@example.test")),
            (None, E::ContactRenamed { name: personal("Lucía F.") }),
            (None, E::ContactOptedOut { category, by: by.clone(), at, late }),
            (None, E::ContactOptedIn { category, by: by.clone(), at, late }),
            (Some("all"), E::ContactOptedOut { category: All, by: by.clone(), at, late }),
            (None, E::ContactConsentRecorded { scope: Calls, by: by.clone(), at, late }),
            (None, E::ContactConsentWithdrawn { scope: Calls, by: by.clone(), at, late }),
            (None, E::ContactAddedToDnc { by: by.clone(), at, late }),
            (None, E::ContactRemovedFromDnc { by: by.clone(), at, late }),
            (Some("late"), E::ContactOptedOut { category, by, at, late: true }),
            (
                None,
                E::ContactRevealed {
                    because: Revealing::Delivered,
                    name: Some(personal("Lucía Ferreyra")),
                    identities: vec![
                        Identity::parse(
                            IdentityKind::Phone,
                            "+5491166600011",
                            bitacora_domain::Subject::contact(CONTACT),
                        )
                        .unwrap(),
                    ],
                },
            ),
        ]
    }
    fn full_state() -> Self {
        state_without(&[])
    }
}

impl Sampled for ChannelAccount {
    fn samples() -> Vec<Sample<Self>> {
        use ChannelEvent as E;
        let phone_number_id = || "106540352242922".to_owned();
        let connected = E::ChannelConnected {
            tenant: TENANT,
            channel: CHANNEL,
            phone_number_id: phone_number_id(),
            waba_id: Some("102290129340398".to_owned()),
            display_phone_number: "+54 9 11 6660-0000".to_owned(),
            name: "Ventas".to_owned(),
        };
        let reason = Some("Cambio de número".to_owned());
        let (kind, account) = (ChannelKind::Twilio, || "AC0123abc/+541155501234".to_owned());
        let other = E::ChannelAccountConnected {
            tenant: TENANT,
            channel: CHANNEL,
            kind,
            account: account(),
            display: "+54 11 5550-1234".to_owned(),
            name: "Llamadas".to_owned(),
        };
        let other_disabled =
            E::ChannelAccountDisabled { kind, account: account(), reason: reason.clone() };
        vec![
            (None, other),
            (None, other_disabled),
            (None, connected),
            (None, E::ChannelDisabled { phone_number_id: phone_number_id(), reason }),
            (None, E::ChannelRestored),
            (None, E::ChannelDegraded { reason: "ACCOUNT_RESTRICTION".to_owned() }),
        ]
    }
    fn full_state() -> Self {
        state_without(&[])
    }
}

impl Sampled for Tenant {
    fn samples() -> Vec<Sample<Self>> {
        use TenantEvent as E;
        let categories = [TriageCategory::Info, TriageCategory::Tracking].into();
        let reason = "Falta de pago".to_owned();
        let registered = |trial_ends_at| E::TenantRegistered {
            tenant: TENANT,
            name: "Inmobiliaria Ibarra".to_owned(),
            slug: "ibarra".to_owned(),
            plan: Plan::Free,
            time_zone: "America/Argentina/Buenos_Aires".to_owned(),
            trial_ends_at,
        };
        let overridden = |meter, to| E::LimitOverridden {
            meter,
            from: LimitRule::Plan,
            to,
            reason: "Contrato 2026-7".to_owned(),
        };
        let hours = BusinessHours {
            week: vec![OpenSpan { weekday: 1, from: 540, until: 1_080 }],
            holidays: ["2026-05-25".parse().unwrap()].into(),
        };
        let changed = E::TenantSettingsChanged {
            name: "Ibarra Propiedades".to_owned(),
            time_zone: "America/Montevideo".to_owned(),
        };
        vec![
            (None, registered(None)),
            (Some("trial"), registered(Some(minute(20_160)))),
            (None, changed),
            (None, E::TenantActivated { from: TenantStatus::Trial }),
            (None, E::PlanChanged { from: Plan::Free, to: Plan::Pro }),
            (None, E::AiModeChanged { from: AiMode::Assisted, to: AiMode::Autopilot }),
            (None, E::AutopilotCategoriesChanged { categories }),
            (None, E::ConfidenceThresholdChanged { threshold_bp: 8_500 }),
            (None, E::BusinessHoursChanged { hours }),
            (None, overridden(bitacora_domain::Meter::Contacts, LimitRule::AtMost(40_000))),
            (Some("unlimited"), overridden(bitacora_domain::Meter::Messages, LimitRule::Unlimited)),
            (None, E::TrialEnded { at: minute(9) }),
            (None, E::TenantSuspended { from: TenantStatus::Active, reason: reason.clone() }),
            (None, E::TenantReactivated { from: TenantStatus::Suspended, reason: reason.clone() }),
            (None, E::TenantBanned { from: TenantStatus::Suspended, reason }),
        ]
    }
    fn full_state() -> Self {
        state_without(&[])
    }
}
