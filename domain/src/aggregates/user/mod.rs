//! User: a person who can log in. Lives in the system tenant, because one person may work for
//! several businesses; an e-mail address is one user's across the installation. Passwords and
//! sessions are not events: they can be forgotten, and the log cannot.

mod handle;
mod refusal;
mod vocabulary;

pub use handle::User;
pub use refusal::UserRefusal;
pub use vocabulary::{UserCommand, UserEvent};

/// Kind of the claim on an e-mail address; its owner text is the user's id.
pub const EMAIL_CLAIM: &str = "user.email";
