//! A call of ours that a provider has.

use bitacora_domain::aggregates::call_session::guards::{Circumstances, Lines};
use bitacora_domain::aggregates::call_session::{
    CallCommand, CallPlan, CallPurpose, CallStart, PlacementOutcome, ProviderIds,
};
use bitacora_domain::{ContactId, Personal, Subject};

use crate::orders::scenario::{Cast, second_of_day};

/// The commands that lead there.
pub(super) fn placed(cast: &Cast, ids: ProviderIds) -> [CallCommand; 3] {
    placed_on(cast, ids, 1)
}

/// The same, on another line.
pub(super) fn placed_on(cast: &Cast, ids: ProviderIds, line: i64) -> [CallCommand; 3] {
    let contact = ContactId::new(cast.tenant.derive("callee"));
    let to = Personal::new(Subject::contact(contact), "+5491166600033".to_owned());
    let mut plan = CallPlan::usual(CallPurpose::Sales);
    plan.not_after = Some(second_of_day(400_000));
    let circumstances = Circumstances {
        consent: true,
        do_not_call: false,
        zones: vec!["America/Argentina/Buenos_Aires".to_owned()],
        lines: Lines { count: 10, free: Some(line) },
        caps: vec![],
        balance: None,
    };
    [
        CallCommand::RequestCall {
            contact,
            to,
            plan,
            start: CallStart::AtOnce,
            needs_approval: false,
            callback_of: None,
        },
        CallCommand::PlaceCall { attempt: 1, circumstances },
        CallCommand::RecordPlaced { attempt: 1, outcome: PlacementOutcome::Placed { ids } },
    ]
}
