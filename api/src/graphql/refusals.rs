//! What kind of failure a refusal is, and which input field it is about: the one table.

/// Kind of an expected failure, each a GraphQL type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The input itself is wrong.
    Validation,
    /// What it is about does not exist.
    NotFound,
    /// Something else was there first.
    Conflict,
    /// The key was used for another request.
    Idempotency,
    /// The rules of the business say no in the present state.
    Refused,
}

/// Code, kind and input field (empty: the input as a whole).
pub const TABLE: &[(&str, Kind, &str)] = &[
    // Every command
    ("VERSION_CONFLICT", Kind::Conflict, "expectedVersion"),
    ("ALREADY_TAKEN", Kind::Conflict, ""),
    ("CONTENTION", Kind::Conflict, ""),
    ("IDEMPOTENCY_MISMATCH", Kind::Idempotency, "idempotencyKey"),
    ("INVALID_IDEMPOTENCY_KEY", Kind::Validation, "idempotencyKey"),
    ("LIMIT_REACHED", Kind::Refused, ""),
    ("LAST_OWNER", Kind::Refused, ""),
    ("NOT_FOUND", Kind::NotFound, "id"),
    ("INVALID_ID", Kind::Validation, "id"),
    // Conversation
    ("CONVERSATION_NOT_FOUND", Kind::NotFound, "id"),
    ("CONVERSATION_ALREADY_STARTED", Kind::Refused, ""),
    ("CONVERSATION_CLOSED", Kind::Refused, ""),
    ("INVALID_CONVERSATION_ID", Kind::Validation, "id"),
    ("INVALID_PROVIDER_MESSAGE_ID", Kind::Validation, "providerMessageId"),
    ("INVALID_CLIENT_MESSAGE_ID", Kind::Validation, "clientMessageId"),
    ("INVALID_EXTERNAL_THREAD", Kind::Validation, "externalThread"),
    ("UNSUPPORTED_CONTENT", Kind::Validation, "content"),
    ("INVALID_TEXT", Kind::Validation, "content"),
    ("INVALID_TEMPLATE", Kind::Validation, "content"),
    ("SERVICE_WINDOW_CLOSED", Kind::Refused, "content"),
    ("MESSAGE_UNKNOWN", Kind::NotFound, "replyTo"),
    ("INVALID_NOTE", Kind::Validation, "body"),
    ("INVALID_LABEL", Kind::Validation, "label"),
    ("TOO_MANY_LABELS", Kind::Refused, "label"),
    ("ASSIGNEE_REQUIRED", Kind::Validation, "agent"),
    ("ASSIGNEE_AMBIGUOUS", Kind::Validation, "auto"),
    ("NO_AGENT_AVAILABLE", Kind::Refused, "auto"),
    ("INVALID_TEAM", Kind::Validation, "team"),
    ("INVALID_RESOLUTION", Kind::Validation, "resolution"),
    ("CONVERSATION_RESOLVED", Kind::Refused, ""),
    ("CONVERSATION_NOT_CLOSED", Kind::Refused, ""),
    ("MERGE_INTO_ITSELF", Kind::Validation, "into"),
    ("MERGE_OTHER_CONTACT", Kind::Refused, "into"),
    ("HANDOFF_ACTIVE", Kind::Refused, ""),
    ("HANDOFF_NOT_REQUESTED", Kind::Refused, ""),
    ("HANDOFF_TAKEN", Kind::Refused, ""),
    ("HANDOFF_NOT_ACCEPTED", Kind::Refused, ""),
    ("INVALID_HANDOFF_TIMEOUT", Kind::Validation, "timeoutSeconds"),
    ("INVALID_HANDOFF_LEASE", Kind::Validation, "leaseSeconds"),
    ("AI_PAUSED", Kind::Refused, ""),
    ("OPTED_OUT", Kind::Refused, ""),
    ("AI_NEEDS_TRIAGE", Kind::Refused, "sender"),
    ("INVALID_OPT_OUT_SOURCE", Kind::Validation, "by"),
    ("SUGGESTION_NOT_PENDING", Kind::Refused, "suggestionId"),
    ("SUGGESTION_EXPIRED", Kind::Refused, "suggestionId"),
    ("INVALID_SUGGESTION_TTL", Kind::Validation, "expiresSeconds"),
    ("INVALID_CITATIONS", Kind::Validation, "citations"),
    ("APPROVAL_NEEDS_PERSON", Kind::Refused, ""),
    ("ACTION_NOT_PENDING", Kind::Refused, "action"),
    ("INVALID_ACTIONS", Kind::Validation, "actions"),
    ("INVALID_TRIAGE", Kind::Validation, "triage"),
    ("INVALID_TRANSCRIPT", Kind::Validation, "text"),
    ("INVALID_ATTACHMENT", Kind::Validation, "content"),
    ("INVALID_BUTTONS", Kind::Validation, "content"),
    ("INVALID_LIST", Kind::Validation, "content"),
    ("INVALID_CONTACT_CARDS", Kind::Validation, "content"),
    ("MESSAGE_NOT_PENDING", Kind::Refused, "messageId"),
    ("SEND_IN_FLIGHT", Kind::Refused, "attempt"),
    ("SEND_ATTEMPT_STALE", Kind::Refused, "attempt"),
    ("TOO_MANY_SCHEDULED", Kind::Refused, ""),
    ("INVALID_SEND_AT", Kind::Validation, "sendAt"),
    ("SCHEDULED_MESSAGE_NOT_PENDING", Kind::Refused, "scheduledMessageId"),
    ("INVALID_SNOOZE", Kind::Validation, "until"),
    ("SURVEY_NOT_REQUESTED", Kind::Refused, "kind"),
    ("INVALID_SCORE", Kind::Validation, "score"),
    ("INVALID_COMMENT", Kind::Validation, "comment"),
    ("INVALID_MACRO", Kind::Validation, "steps"),
    // Providers' facts by hand
    ("INVALID_TIME", Kind::Validation, ""),
    ("INVALID_LOCATION", Kind::Validation, "content"),
    ("INVALID_MEDIA", Kind::Validation, "content"),
    ("TOO_LONG", Kind::Validation, ""),
    // Contact
    ("CONTACT_NOT_FOUND", Kind::NotFound, "id"),
    ("INVALID_CONTACT_ID", Kind::Validation, "id"),
    ("IDENTITY_REQUIRED", Kind::Validation, "identities"),
    ("TOO_MANY_IDENTITIES", Kind::Refused, ""),
    ("INVALID_PHONE", Kind::Validation, "identity"),
    ("INVALID_WA_ID", Kind::Validation, "identity"),
    ("INVALID_BSUID", Kind::Validation, "identity"),
    ("INVALID_EMAIL", Kind::Validation, "email"),
    ("HIDDEN_IDENTITY", Kind::Validation, "identity"),
    ("INVALID_NAME", Kind::Validation, "name"),
    ("INVALID_MEANS", Kind::Validation, "by"),
    // Channel account
    ("CHANNEL_NOT_FOUND", Kind::NotFound, "id"),
    ("CHANNEL_ALREADY_CONNECTED", Kind::Refused, ""),
    ("CHANNEL_DISABLED", Kind::Refused, ""),
    ("INVALID_CHANNEL_ID", Kind::Validation, "id"),
    ("INVALID_PHONE_NUMBER_ID", Kind::Validation, "phoneNumberId"),
    ("INVALID_WABA_ID", Kind::Validation, "wabaId"),
    ("INVALID_DISPLAY_NUMBER", Kind::Validation, "displayPhoneNumber"),
    ("INVALID_REASON", Kind::Validation, "reason"),
    // Tenant
    ("TENANT_NOT_FOUND", Kind::NotFound, ""),
    ("TENANT_ALREADY_REGISTERED", Kind::Refused, ""),
    ("TENANT_SUSPENDED", Kind::Refused, ""),
    ("TENANT_BANNED", Kind::Refused, ""),
    ("INVALID_TENANT_ID", Kind::Validation, ""),
    ("INVALID_SLUG", Kind::Validation, "slug"),
    ("INVALID_TIME_ZONE", Kind::Validation, "timeZone"),
    ("HIGH_RISK_CATEGORY", Kind::Refused, "categories"),
    ("METER_NOT_LIMITED", Kind::Validation, "meter"),
    ("INVALID_LIMIT", Kind::Validation, "limit"),
    ("INVALID_BUSINESS_HOURS", Kind::Validation, "week"),
    ("INVALID_THRESHOLD", Kind::Validation, "thresholdBp"),
    // Member
    ("MEMBER_NOT_FOUND", Kind::NotFound, "id"),
    ("ALREADY_MEMBER", Kind::Refused, ""),
    ("MEMBER_NOT_ACTIVE", Kind::Refused, ""),
    ("MEMBER_NOT_SUSPENDED", Kind::Refused, ""),
    ("MEMBER_REMOVED", Kind::Refused, ""),
    ("MEMBER_CANNOT_WORK", Kind::Refused, "agent"),
    ("INVITATION_INVALID", Kind::Refused, ""),
    ("OWNER_REQUIRED", Kind::Refused, "role"),
    ("INVALID_MEMBER_ID", Kind::Validation, "id"),
    ("INVALID_INVITATION", Kind::Validation, ""),
    ("INVALID_CAPACITY", Kind::Validation, "capacity"),
    ("INVALID_SKILLS", Kind::Validation, "skills"),
    // User
    ("USER_NOT_FOUND", Kind::NotFound, ""),
    ("USER_ALREADY_REGISTERED", Kind::Refused, ""),
    ("INVALID_USER_ID", Kind::Validation, ""),
    // API key
    ("API_KEY_NOT_FOUND", Kind::NotFound, "id"),
    ("API_KEY_ALREADY_ISSUED", Kind::Refused, ""),
    ("INVALID_API_KEY_ID", Kind::Validation, "id"),
    ("INVALID_SCOPES", Kind::Validation, "scopes"),
    ("INVALID_EXPIRY", Kind::Validation, "expiresAt"),
    ("INVALID_KEY_HASH", Kind::Validation, ""),
];

/// Kind and path of a code. One that is not in the table is a plain refusal.
pub fn classify(code: &str) -> (Kind, Vec<String>) {
    let found = TABLE.iter().find(|(known, _, _)| *known == code);
    let (kind, field) = found.map_or((Kind::Refused, ""), |(_, kind, field)| (*kind, *field));
    let path = ["input", field].into_iter().filter(|part| !part.is_empty());
    (kind, path.map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::TABLE;

    #[test]
    fn every_code_of_the_domain_is_in_the_table_once() {
        let sources = [
            include_str!("../../../domain/src/aggregates/conversation/refusal.rs"),
            include_str!("../../../domain/src/aggregates/contact/refusal.rs"),
            include_str!("../../../domain/src/aggregates/channel_account/refusal.rs"),
            include_str!("../../../domain/src/aggregates/tenant/refusal.rs"),
            include_str!("../../../domain/src/aggregates/membership/refusal.rs"),
            include_str!("../../../domain/src/aggregates/user/refusal.rs"),
            include_str!("../../../domain/src/aggregates/api_key/refusal.rs"),
        ];
        let mut found = 0;
        for line in sources.iter().flat_map(|source| source.lines()) {
            let Some((_, code)) = line.split_once("=> \"") else { continue };
            let code = code.trim_end_matches("\",");
            assert_eq!(TABLE.iter().filter(|(known, _, _)| *known == code).count(), 1, "{code}");
            found += 1;
        }
        assert!(found > 30, "the refusals moved: {found} found");
    }
}
