//! The rows of the table: the commands, and the kinds of one command that differ.

use super::super::commands::TicketCommand as C;

/// Declares the rows: variants, all of them in order, and their names.
macro_rules! asks {
    ($($variant:ident = $name:literal,)+) => {
        /// What is asked of the table: a command, or one kind of it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs)] // the name of each is said by `name`
        pub enum Ask { $($variant,)+ }

        impl Ask {
            /// All rows, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its name in the table.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }
    };
}

asks! {
    Open = "Open, with the same data",
    Triage = "Triage",
    Assign = "Assign",
    Unassign = "Unassign",
    Escalate = "Escalate",
    StartWork = "StartWork",
    WaitForCustomer = "WaitForCustomer",
    WaitForThirdParty = "WaitForThirdParty",
    CustomerReplied = "CustomerReplied",
    Hold = "Hold",
    ReleaseHold = "ReleaseHold",
    EndHold = "EndHold (timer)",
    RequestData = "RequestData",
    SupplyData = "SupplyData",
    CommentOfTeam = "AddComment, of the team",
    CommentOfContact = "AddComment, of the contact",
    ChangeCategory = "ChangeCategory",
    ChangePriority = "ChangePriority",
    SetTags = "SetTags",
    Summarise = "Summarise",
    ApplyMacro = "ApplyMacro (and each step as its own command)",
    ApplySlaPolicy = "ApplySlaPolicy",
    RecordFirstResponse = "RecordFirstResponse",
    RecordResponse = "RecordResponse",
    CheckSla = "CheckSla (timer)",
    Resolve = "Resolve",
    Reopen = "Reopen",
    Close = "Close",
    AutoClose = "AutoClose (timer)",
    MergeInto = "MergeInto",
    RecordMerge = "RecordMerge",
    Split = "Split",
    CreateFollowUp = "CreateFollowUp",
    Link = "Link",
    RequestSurvey = "RequestSurvey",
    RecordCsat = "RecordCsat",
}

impl Ask {
    /// The row of a command; `by_contact` when the contact gives it.
    pub const fn of(command: &C, by_contact: bool) -> Self {
        match command {
            C::Open { .. } => Self::Open,
            C::Triage { .. } => Self::Triage,
            C::Assign { .. } => Self::Assign,
            C::Unassign => Self::Unassign,
            C::Escalate { .. } => Self::Escalate,
            C::StartWork => Self::StartWork,
            C::WaitForCustomer { .. } => Self::WaitForCustomer,
            C::WaitForThirdParty { .. } => Self::WaitForThirdParty,
            C::CustomerReplied { .. } => Self::CustomerReplied,
            C::Hold { .. } => Self::Hold,
            C::ReleaseHold => Self::ReleaseHold,
            C::EndHold { .. } => Self::EndHold,
            C::RequestData { .. } => Self::RequestData,
            C::SupplyData { .. } => Self::SupplyData,
            C::AddComment { .. } if by_contact => Self::CommentOfContact,
            C::AddComment { .. } => Self::CommentOfTeam,
            C::ChangeCategory { .. } => Self::ChangeCategory,
            C::ChangePriority { .. } => Self::ChangePriority,
            C::SetTags { .. } => Self::SetTags,
            C::Summarise { .. } => Self::Summarise,
            C::ApplyMacro { .. } => Self::ApplyMacro,
            C::ApplySlaPolicy { .. } => Self::ApplySlaPolicy,
            C::RecordFirstResponse { .. } => Self::RecordFirstResponse,
            C::RecordResponse { .. } => Self::RecordResponse,
            C::CheckSla { .. } => Self::CheckSla,
            C::Resolve { .. } => Self::Resolve,
            C::Reopen { .. } => Self::Reopen,
            C::Close => Self::Close,
            C::AutoClose { .. } => Self::AutoClose,
            C::MergeInto { .. } => Self::MergeInto,
            C::RecordMerge { .. } => Self::RecordMerge,
            C::Split { .. } => Self::Split,
            C::CreateFollowUp { .. } => Self::CreateFollowUp,
            C::Link { .. } => Self::Link,
            C::RequestSurvey => Self::RequestSurvey,
            C::RecordCsat { .. } => Self::RecordCsat,
        }
    }
}
