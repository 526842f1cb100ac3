//! What holds whatever comes, in whatever order. Every step goes through `Case::when`, which
//! checks that the state is the replay of the events and that refusals change nothing.

use std::collections::BTreeSet;

use bitacora_domain::aggregates::contact::{Contact, ContactCommand, Identity, IdentityKind};
use proptest::prelude::*;

use crate::support::given;
use crate::support::ids::personal;

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
