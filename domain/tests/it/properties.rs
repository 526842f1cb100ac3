//! What holds whatever comes, in whatever order. Every step goes through `Case::when`, which
//! checks that the state is the replay of the events and that refusals change nothing.

use std::collections::BTreeSet;

use bitacora_domain::aggregates::contact::{
    ConsentScope, Contact, ContactCommand, Identity, IdentityKind,
};
use proptest::prelude::*;

use crate::support::given;
use crate::support::ids::{minute, personal};

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_contact_has_no_identity_twice_and_each_in_canonical_form(
        steps in prop::collection::vec(
            (prop::collection::vec((0..4usize, "[0-9+@.a-zA-Z -]{0,18}"), 1..4), any::<bool>()),
            1..12,
        ),
    ) {
        use IdentityKind::{Bsuid, Email, Phone, WaId};
        let mut case = given::<Contact>([]);
        for (identities, register) in steps {
            let mut identities: Vec<_> = identities
                .into_iter()
                .map(|(kind, text)| Identity {
                    kind: [Phone, WaId, Bsuid, Email][kind],
                    value: personal(&text),
                })
                .collect();
            case = if register {
                case.when(ContactCommand::Register { identities, name: None }).case
            } else {
                case.when(ContactCommand::AddIdentity { identity: identities.remove(0) }).case
            };
        }
        let mut keys = BTreeSet::new();
        for identity in case.state.identities() {
            prop_assert!(keys.insert(identity.key().unwrap()));
            let text = identity.value.reveal().unwrap();
            let again = Identity::parse(identity.kind, text, identity.value.subject().clone());
            prop_assert_eq!(again.as_ref(), Ok(identity));
        }
    }

    /// Consent and the do-not-call list against the plainest model: of all words of a kind the one
    /// with the latest time counts, however they came; at one time the one that forbids.
    #[test]
    fn what_a_contact_allows_is_the_last_word(
        steps in prop::collection::vec((any::<bool>(), any::<bool>(), 0..12_i64), 1..40),
    ) {
        let phone = Identity { kind: IdentityKind::Phone, value: personal("+5491166600011") };
        let register = ContactCommand::Register { identities: vec![phone], name: None };
        let mut case = given::<Contact>([]).when(register).case;
        let mut words: [Vec<(i64, bool)>; 2] = [vec![], vec![]];
        for (is_consent, yes, minutes) in steps {
            let (at, by, scope) = (minute(minutes), "form".to_owned(), ConsentScope::Calls);
            let command = match (is_consent, yes) {
                (true, true) => ContactCommand::RecordConsent { scope, by, at },
                (true, false) => ContactCommand::WithdrawConsent { scope, by, at },
                (false, true) => ContactCommand::AddToDnc { by, at },
                (false, false) => ContactCommand::RemoveFromDnc { by, at },
            };
            case = case.when(command).case;
            // (when, does it forbid): the greatest is the last word
            words[usize::from(is_consent)].push((minutes, yes != is_consent));
            let forbids = |n: usize| words[n].iter().max().map(|(_, forbids)| *forbids);
            prop_assert_eq!(case.state.is_on_dnc(), forbids(0).unwrap_or(false));
            prop_assert_eq!(case.state.consents_to(scope), !forbids(1).unwrap_or(true));
        }
    }

    #[test]
    fn e164_is_a_fixed_point(text in "\\+?[1-9][0-9 -]{6,16}") {
        if let Ok(number) = bitacora_domain::phone::e164(&text, None) {
            let again = bitacora_domain::phone::e164(&number, None);
            prop_assert_eq!(again.as_ref(), Ok(&number));
            let digits = number.trim_start_matches('+');
            prop_assert_eq!(bitacora_domain::phone::e164(digits, None), Ok(number.clone()));
        }
    }
}
