//! Roles and capabilities: the one table.

use bitacora_domain::{Capability, Role};

/// A row for each capability, a column for each role in the order of [`Role::ALL`].
#[rustfmt::skip]
pub const MATRIX: [(Capability, [bool; 8]); 12] = {
    use Capability as C;
    const X: bool = true;
    #[expect(non_upper_case_globals, reason = "a table must be readable")]
    const o: bool = false;
    [
        //                OWNER ADMIN SUPERVISOR AGENT BILLING ANALYST AUDITOR VIEWER
        (C::Read,      [  X,    X,    X,         X,    o,      X,      X,      X ]),
        (C::Figures,   [  X,    X,    X,         X,    X,      X,      X,      X ]),
        (C::Settings,  [  X,    X,    X,         X,    X,      X,      X,      X ]),
        (C::Work,      [  X,    X,    X,         X,    o,      o,      o,      o ]),
        (C::Supervise, [  X,    X,    X,         o,    o,      o,      o,      o ]),
        (C::Configure, [  X,    X,    o,         o,    o,      o,      o,      o ]),
        (C::Billing,   [  X,    X,    o,         o,    X,      o,      o,      o ]),
        (C::Members,   [  X,    X,    o,         o,    o,      o,      o,      o ]),
        (C::ApiKeys,   [  X,    X,    o,         o,    o,      o,      o,      o ]),
        (C::Integrate, [  X,    X,    o,         o,    o,      o,      o,      o ]),
        (C::Audit,     [  X,    X,    X,         X,    o,      o,      X,      X ]),
        (C::Operate,   [  X,    X,    o,         o,    o,      o,      o,      o ]),
    ]
};

/// Has the role the capability?
pub fn allows(role: Role, capability: Capability) -> bool {
    let column = Role::ALL.iter().position(|other| *other == role);
    let row = MATRIX.iter().find(|(other, _)| *other == capability);
    row.zip(column).and_then(|((_, row), column)| row.get(column)).copied().unwrap_or(false)
}

/// What comes to light by the way: an operation answers with the object that it is about, and
/// that one with what belongs to it. Whoever has the first sees, in such answers, what the others
/// stand for. Roles have all of it anyhow (a test asks the schema); for the scopes of a key it
/// matters.
pub const SHOWS: [(Capability, &[Capability]); 6] = {
    use Capability as C;
    [
        (C::Read, &[C::Settings]),
        (C::Work, &[C::Read, C::Settings]),
        (C::Supervise, &[C::Read, C::Settings]),
        (C::Configure, &[C::Settings]),
        (C::Billing, &[C::Settings]),
        (C::Integrate, &[C::Read, C::Settings]),
    ]
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_capability_has_one_row_in_the_order_of_the_list() {
        assert_eq!(MATRIX.map(|(capability, _)| capability), Capability::ALL);
    }

    #[test]
    fn nobody_may_more_than_an_owner_and_no_role_may_nothing() {
        for role in Role::ALL {
            let may = |capability: &Capability| allows(role, *capability);
            assert!(Capability::ALL.iter().any(may), "{role:?}");
        }
        assert!(Capability::ALL.iter().all(|capability| allows(Role::Owner, *capability)));
        assert!(!allows(Role::Billing, Capability::Read));
    }

    #[test]
    fn no_role_sees_by_the_way_what_it_may_not_see() {
        for (capability, shown) in SHOWS {
            for role in Role::ALL.into_iter().filter(|role| allows(*role, capability)) {
                assert!(shown.iter().all(|it| allows(role, *it)), "{role:?} by {capability:?}");
            }
        }
    }
}
