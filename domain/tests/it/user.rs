//! User: one e-mail address, one user, in the whole installation.

use bitacora_domain::aggregates::user::{EMAIL_CLAIM, User, UserCommand as C};
use bitacora_domain::{Claim, UserId};

use crate::support::ids::STREAM;
use crate::support::people::of_user;
use crate::support::{Case, given};

const ME: UserId = UserId::new(STREAM);

fn register(email: &str, name: &str) -> C {
    C::Register { email: of_user(ME, email), name: of_user(ME, name) }
}

fn rename(name: &str) -> C {
    C::Rename { name: of_user(ME, name) }
}

fn registered() -> Case<User> {
    given::<User>([]).after(register("Ines@Optica.test", "Inés"))
}

fn disabled() -> Case<User> {
    registered().after(C::Disable { reason: None })
}

/// Columns: not registered, registered, disabled.
#[rustfmt::skip]
fn matrix() -> Vec<(C, [&'static str; 3])> {
    const NONE: &str = "!USER_NOT_FOUND";
    const OTHER: &str = "!USER_ALREADY_REGISTERED";
    vec![
        (register(" ines@OPTICA.test", "Otra"), ["UserRegistered", "-", "-"]),
        (register("otra@optica.test", "Inés"), ["UserRegistered", OTHER, OTHER]),
        (register("sin arroba", "Inés"), ["!INVALID_EMAIL", "!INVALID_EMAIL", "!INVALID_EMAIL"]),
        (register("a@b.test", " "), ["!INVALID_NAME", "!INVALID_NAME", "!INVALID_NAME"]),
        (rename("Inés"), [NONE, "-", "-"]),
        (rename("Inés R."), [NONE, "UserRenamed", "UserRenamed"]),
        (C::Disable { reason: None }, [NONE, "UserDisabled", "-"]),
        (C::Disable { reason: Some(" ".into()) }, [NONE, "!INVALID_REASON", "-"]),
        (C::Enable, [NONE, "-", "UserEnabled"]),
    ]
}

#[test]
fn every_state_meets_every_command() {
    for (command, row) in matrix() {
        let cases = [given::<User>([]), registered(), disabled()];
        for (case, cell) in cases.into_iter().zip(row) {
            let enabled = case.state.is_enabled();
            assert_eq!(case.when(command.clone()).summary(), cell, "{command:?}, {enabled}");
        }
    }
}

#[test]
fn an_address_is_claimed_in_lower_case_for_the_whole_installation() {
    let taken = given::<User>([]).when(register(" Ines@Optica.TEST ", "Inés"));
    let claim = Claim::take(EMAIL_CLAIM, "ines@optica.test", ME).installation_wide();
    assert_eq!(taken.claims(), [claim]);
    assert_eq!(taken.case.when(C::Disable { reason: None }).claims(), [], "it may come back");
    assert!(!disabled().state.is_enabled());
    assert!(disabled().after(C::Enable).state.is_enabled());
}
