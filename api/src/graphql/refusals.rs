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
    // Call
    ("CALL_NOT_FOUND", Kind::NotFound, "id"),
    ("INVALID_CALL_ID", Kind::Validation, "id"),
    ("CALL_ALREADY_STARTED", Kind::Refused, ""),
    ("CALL_NOT_OUTBOUND", Kind::Refused, ""),
    ("CALL_NOT_RECEIVED", Kind::Refused, ""),
    ("INVALID_CALL_PLAN", Kind::Validation, ""),
    ("INVALID_CALL_WINDOW", Kind::Validation, "window"),
    ("INVALID_CALL_DEADLINE", Kind::Validation, "notAfter"),
    ("INVALID_CALL_TIME", Kind::Validation, "at"),
    ("PROVIDER_ID_REQUIRED", Kind::Validation, ""),
    ("INVALID_CIRCUMSTANCES", Kind::Validation, ""),
    ("CALLEE_ZONE_UNKNOWN", Kind::Refused, ""),
    ("CALL_NEEDS_APPROVAL", Kind::Refused, ""),
    ("CALL_NOT_QUEUED", Kind::Refused, ""),
    ("CALL_ATTEMPT_STALE", Kind::Refused, ""),
    ("CALL_PLACEMENT_IN_FLIGHT", Kind::Refused, ""),
    ("CALL_PLACEMENT_UNKNOWN", Kind::Refused, ""),
    ("CALL_NOT_PLACED", Kind::Refused, ""),
    ("CALL_UNDER_WAY", Kind::Refused, ""),
    ("CALL_NOT_LIVE", Kind::Refused, ""),
    ("CALL_NOT_IN_PROGRESS", Kind::Refused, ""),
    ("CALL_OVER", Kind::Refused, ""),
    ("CALL_NOT_OVER", Kind::Refused, ""),
    ("CALL_BLOCKED", Kind::Refused, ""),
    ("CALL_NOT_RETRYABLE", Kind::Refused, ""),
    ("CALLEE_STOPPED", Kind::Refused, ""),
    ("CALLEE_UNKNOWN", Kind::Refused, ""),
    ("INVALID_DIGITS", Kind::Validation, "digits"),
    ("TOO_MANY_DIGITS", Kind::Refused, ""),
    ("INVALID_TRANSFER", Kind::Validation, "agent"),
    ("TRANSFER_NOT_REQUESTED", Kind::Refused, ""),
    ("INVALID_RECORDING", Kind::Validation, ""),
    ("INVALID_RETENTION", Kind::Validation, ""),
    ("TOO_MANY_RECORDINGS", Kind::Refused, ""),
    ("RECORDING_UNKNOWN", Kind::NotFound, "recordingId"),
    ("TOO_MANY_TRANSCRIPTS", Kind::Refused, ""),
    ("INVALID_COST", Kind::Validation, ""),
    ("FOLLOW_UP_PENDING", Kind::Refused, ""),
    ("FOLLOW_UP_NOT_PENDING", Kind::Refused, "followUpId"),
    ("TOO_MANY_CALLBACKS", Kind::Refused, ""),
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
    ("CHANNEL_KIND_HAS_OWN_COMMAND", Kind::Validation, "kind"),
    ("INVALID_CHANNEL_ACCOUNT", Kind::Validation, "account"),
    ("INVALID_CHANNEL_DISPLAY", Kind::Validation, "display"),
    ("INVALID_PHONE_NUMBER_ID", Kind::Validation, "phoneNumberId"),
    ("INVALID_WABA_ID", Kind::Validation, "wabaId"),
    ("INVALID_DISPLAY_NUMBER", Kind::Validation, "displayPhoneNumber"),
    ("INVALID_REASON", Kind::Validation, "reason"),
    // Ticket
    ("TICKET_CONTACT_REQUIRED", Kind::Validation, "contactId"),
    ("TICKET_CONTACT_MISMATCH", Kind::Validation, "contactId"),
    ("TICKET_NOT_FOUND", Kind::NotFound, "id"),
    ("TICKET_ALREADY_OPENED", Kind::Refused, ""),
    ("INVALID_TICKET_ID", Kind::Validation, "id"),
    ("TICKET_CLOSED", Kind::Refused, ""),
    ("TICKET_MERGED", Kind::Refused, ""),
    ("TICKET_RESOLVED", Kind::Refused, ""),
    ("TICKET_NOT_RESOLVED", Kind::Refused, ""),
    ("TICKET_NOT_CLOSED", Kind::Refused, ""),
    ("TICKET_NOT_STARTED", Kind::Refused, ""),
    ("TICKET_WAITING", Kind::Refused, ""),
    ("REOPEN_WINDOW_OVER", Kind::Refused, ""),
    ("INVALID_SUBJECT", Kind::Validation, "subject"),
    ("INVALID_TICKET_ORIGIN", Kind::Validation, "origin"),
    ("INVALID_TICKET_TRIAGE", Kind::Validation, "confidenceBp"),
    ("ASSIGNEE_NOT_ACTIVE", Kind::Refused, "agent"),
    ("INVALID_ESCALATION", Kind::Validation, "level"),
    ("INVALID_QUESTION", Kind::Validation, "question"),
    ("INVALID_PARTY", Kind::Validation, "party"),
    ("INVALID_HOLD", Kind::Validation, "until"),
    ("INVALID_FIELDS", Kind::Validation, "fields"),
    ("TOO_MANY_FIELDS", Kind::Refused, "fields"),
    ("FIELD_NOT_REQUESTED", Kind::Refused, "field"),
    ("INVALID_FIELD_VALUE", Kind::Validation, "value"),
    ("COMMENT_MUST_BE_PUBLIC", Kind::Validation, "public"),
    ("INVALID_TAGS", Kind::Validation, "tags"),
    ("INVALID_SUMMARY", Kind::Validation, "summary"),
    ("INVALID_SLA_POLICY", Kind::Validation, "sla"),
    ("INVALID_ROOT_CAUSE", Kind::Validation, "rootCause"),
    ("INVALID_REOPEN_WINDOW", Kind::Validation, "reopenWindowSeconds"),
    ("TICKET_MERGE_INTO_ITSELF", Kind::Validation, "into"),
    ("TICKET_MERGE_OTHER_CONTACT", Kind::Refused, "into"),
    ("TICKET_SURVIVOR_OVER", Kind::Refused, "into"),
    ("FOLLOW_UP_EXISTS", Kind::Refused, ""),
    ("TOO_MANY_LINKS", Kind::Refused, ""),
    ("TICKET_SURVEY_NOT_REQUESTED", Kind::Refused, ""),
    ("TICKET_ALREADY_RATED", Kind::Refused, ""),
    ("INVALID_SURVEY_COMMENT", Kind::Validation, "comment"),
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
    // Lead, offer, delivery, and the systems that take leads
    ("LEAD_NOT_FOUND", Kind::NotFound, "id"),
    ("INVALID_LEAD_ID", Kind::Validation, "id"),
    ("LEAD_ALREADY_CAPTURED", Kind::Refused, ""),
    ("LEAD_ENDED", Kind::Refused, ""),
    ("LEAD_DISQUALIFIED", Kind::Refused, ""),
    ("LEAD_ALREADY_DELIVERED", Kind::Refused, ""),
    ("LEAD_NOT_MAPPED", Kind::Refused, ""),
    ("LEAD_ALREADY_MAPPED", Kind::Refused, ""),
    ("LEAD_CONTACT_KNOWN", Kind::Refused, "contactId"),
    ("LEAD_NOT_CONTACTABLE", Kind::Refused, ""),
    ("LEAD_NOT_CONTACTED", Kind::Refused, ""),
    ("LEAD_CONTACT_UNDER_WAY", Kind::Refused, ""),
    ("LEAD_CONTACT_OUT_OF_ORDER", Kind::Refused, "number"),
    ("CONTACT_ATTEMPTS_EXHAUSTED", Kind::Refused, ""),
    ("TOUCHES_EXHAUSTED", Kind::Refused, ""),
    ("OUTSIDE_CONTACT_HOURS", Kind::Refused, ""),
    ("LEAD_NOT_COOLING", Kind::Refused, ""),
    ("PERSON_REQUIRED", Kind::Refused, ""),
    ("REASON_REQUIRED", Kind::Validation, "reason"),
    ("LEAD_IS_READY", Kind::Refused, ""),
    ("LEAD_NOT_READY", Kind::Refused, ""),
    ("LEAD_HANDED_OFF", Kind::Refused, ""),
    ("LEAD_NOT_HANDED_OFF", Kind::Refused, ""),
    ("DELIVERY_PENDING", Kind::Refused, ""),
    ("DELIVERY_ID_USED", Kind::Refused, ""),
    ("DELIVERY_UNKNOWN", Kind::NotFound, ""),
    ("TOO_MANY_DELIVERIES", Kind::Refused, ""),
    ("INVALID_TARGETS", Kind::Validation, "targets"),
    ("RESERVATION_REQUIRED", Kind::Refused, "reservation"),
    ("RESERVATION_NOT_CAPTURED", Kind::Refused, ""),
    ("LEAD_NOT_DELIVERED", Kind::Refused, ""),
    ("DISPUTE_OPEN", Kind::Refused, ""),
    ("LEAD_NOT_DISPUTED", Kind::Refused, ""),
    ("DISPUTED_BEFORE", Kind::Refused, "reason"),
    ("DUPLICATE_OF_ITSELF", Kind::Validation, "into"),
    ("OTHER_OFFER", Kind::Refused, "offerId"),
    ("INVALID_EXTERNAL_ID", Kind::Validation, "externalId"),
    ("INVALID_OFFER", Kind::Validation, "offerId"),
    ("INVALID_ANSWER", Kind::Validation, "answer"),
    ("INVALID_VALUE", Kind::Validation, "value"),
    ("OFFER_NOT_FOUND", Kind::NotFound, "id"),
    ("INVALID_OFFER_ID", Kind::Validation, "id"),
    ("OFFER_ALREADY_CREATED", Kind::Refused, ""),
    ("INVALID_OFFER_NAME", Kind::Validation, "name"),
    ("INVALID_CRITERIA", Kind::Validation, "criteria"),
    ("INVALID_AD_KEY", Kind::Validation, "adId"),
    ("TOO_MANY_ADS", Kind::Refused, ""),
    ("OFFER_ARCHIVED", Kind::Refused, ""),
    ("OFFER_NOT_PUBLISHED", Kind::Refused, ""),
    ("OFFER_NOT_ACTIVE", Kind::Refused, "offerId"),
    ("DELIVERY_NOT_FOUND", Kind::NotFound, "id"),
    ("INVALID_DELIVERY_ID", Kind::Validation, "id"),
    ("DELIVERY_ALREADY_REQUESTED", Kind::Refused, ""),
    ("TARGET_UNKNOWN", Kind::NotFound, "target"),
    ("ATTEMPT_OUT_OF_ORDER", Kind::Refused, "attempt"),
    ("ATTEMPT_UNDER_WAY", Kind::Refused, ""),
    ("OUTCOME_UNKNOWN", Kind::Refused, "mayRepeat"),
    ("TARGET_ALREADY_CONFIRMED", Kind::Refused, ""),
    ("TARGET_ATTEMPTS_EXHAUSTED", Kind::Refused, ""),
    ("TARGET_NOT_ATTEMPTED", Kind::Refused, "target"),
    ("DELIVERY_DEAD_LETTERED", Kind::Refused, ""),
    ("DELIVERY_NOT_DEAD_LETTERED", Kind::Refused, ""),
    ("DELIVERY_WITHDRAWN", Kind::Refused, ""),
    ("NOTHING_TO_RETRY", Kind::Refused, ""),
    ("DELIVERY_NOT_CONFIRMED", Kind::Refused, ""),
    ("DELIVERY_REFUNDED", Kind::Refused, ""),
    ("INVALID_REFERENCE", Kind::Validation, "reference"),
    ("LEAD_TARGET_NOT_FOUND", Kind::NotFound, "id"),
    ("TOO_MANY_TARGETS", Kind::Refused, ""),
    ("TARGET_KIND_NOT_SUPPORTED", Kind::Validation, "kind"),
    ("HTTPS_NEEDED", Kind::Validation, "url"),
    ("ADDRESS_NOT_ALLOWED", Kind::Validation, "url"),
    // API key
    ("API_KEY_NOT_FOUND", Kind::NotFound, "id"),
    ("API_KEY_ALREADY_ISSUED", Kind::Refused, ""),
    ("INVALID_API_KEY_ID", Kind::Validation, "id"),
    ("INVALID_SCOPES", Kind::Validation, "scopes"),
    ("INVALID_EXPIRY", Kind::Validation, "expiresAt"),
    ("INVALID_KEY_HASH", Kind::Validation, ""),
    // Credits
    ("LEDGER_NOT_FOUND", Kind::NotFound, ""),
    ("INVALID_LEDGER_ID", Kind::Validation, ""),
    ("LEDGER_FROZEN", Kind::Refused, ""),
    ("INSUFFICIENT_CREDITS", Kind::Refused, "credits"),
    ("LEDGER_IN_DEBT", Kind::Refused, ""),
    ("NO_DEBT", Kind::Refused, ""),
    ("EXCEEDS_DEBT", Kind::Refused, "credits"),
    ("INVALID_CREDITS", Kind::Validation, "credits"),
    ("BALANCE_TOO_LARGE", Kind::Refused, "credits"),
    ("INVALID_PRIORITY", Kind::Validation, "priority"),
    ("INVALID_PERIOD", Kind::Validation, "expiresAt"),
    ("INVALID_HOLD_EXPIRY", Kind::Validation, ""),
    ("INVALID_GRANT_SOURCE", Kind::Validation, "kind"),
    ("INVALID_TOP_UP", Kind::Validation, "atOrBelow"),
    ("GRANT_ID_TAKEN", Kind::Conflict, ""),
    ("GRANT_NOT_FOUND", Kind::NotFound, ""),
    ("GRANT_REVOKED", Kind::Refused, ""),
    ("EXCEEDS_GRANT", Kind::Refused, "credits"),
    ("EXCEEDS_REVOKED", Kind::Refused, "credits"),
    ("REVOCATION_ID_TAKEN", Kind::Conflict, ""),
    ("TOO_MANY_REVOCATIONS", Kind::Refused, ""),
    ("TRIAL_ALREADY_GRANTED", Kind::Refused, "kind"),
    ("ORDER_ALREADY_GRANTED", Kind::Refused, ""),
    ("TOO_MANY_GRANTS", Kind::Refused, ""),
    ("TOO_MANY_HOLDS", Kind::Refused, ""),
    ("HOLD_ID_TAKEN", Kind::Conflict, ""),
    ("HOLD_NOT_FOUND", Kind::NotFound, "holdId"),
    ("HOLD_EXPIRED", Kind::Refused, "holdId"),
    ("HOLD_RELEASED", Kind::Refused, "holdId"),
    ("HOLD_CAPTURED", Kind::Refused, "holdId"),
    ("HOLD_NOT_CAPTURED", Kind::Refused, "holdId"),
    ("EXCEEDS_HOLD", Kind::Refused, "credits"),
    ("CONSUMPTION_NOT_FOUND", Kind::NotFound, "holdId"),
    ("EXCEEDS_CONSUMPTION", Kind::Refused, "credits"),
    ("ALREADY_REFUNDED", Kind::Refused, "holdId"),
    ("ADJUSTMENT_ID_TAKEN", Kind::Conflict, ""),
    ("APPROVER_REQUIRED", Kind::Refused, ""),
    ("UNKNOWN_PACK", Kind::Validation, "pack"),
    // Knowledge document
    ("DOCUMENT_NOT_FOUND", Kind::NotFound, "id"),
    ("INVALID_DOCUMENT_ID", Kind::Validation, "id"),
    ("DOCUMENT_ALREADY_UPLOADED", Kind::Refused, ""),
    ("INVALID_TITLE", Kind::Validation, "draft"),
    ("INVALID_BODY", Kind::Validation, "draft"),
    ("INVALID_LANGUAGE", Kind::Validation, "draft"),
    ("INVALID_DOCUMENT_SOURCE", Kind::Validation, "draft"),
    ("INVALID_CATEGORY", Kind::Validation, "category"),
    ("INVALID_CHUNKS", Kind::Validation, ""),
    ("INVALID_EMBEDDING", Kind::Validation, ""),
    ("TOO_MANY_VERSIONS", Kind::Refused, ""),
    ("VERSION_SUPERSEDED", Kind::Refused, "number"),
    ("DOCUMENT_HAS_NO_TEXT", Kind::Refused, ""),
    ("DOCUMENT_HAS_TEXT", Kind::Refused, ""),
    ("DOCUMENT_NOT_APPROVED", Kind::Refused, "number"),
    ("VERSION_PUBLISHED", Kind::Refused, "number"),
    ("DOCUMENT_NOT_PUBLISHED", Kind::Refused, ""),
    ("DOCUMENT_NOT_CHUNKED", Kind::Refused, ""),
    ("DOCUMENT_RETIRED", Kind::Refused, ""),
    // Order
    ("ORDER_NOT_FOUND", Kind::NotFound, "id"),
    ("ORDER_ALREADY_CREATED", Kind::Refused, ""),
    ("INVALID_ORDER_ID", Kind::Validation, "id"),
    ("INVALID_PRICE", Kind::Validation, ""),
    ("INVALID_VALIDITY", Kind::Validation, ""),
    ("INVALID_PROVIDER_ID", Kind::Validation, ""),
    ("INVALID_URL", Kind::Validation, ""),
    ("INVALID_AMOUNT", Kind::Validation, ""),
    ("CHECKOUT_ALREADY_OPEN", Kind::Refused, ""),
    ("ORDER_OVER", Kind::Refused, ""),
    ("ORDER_NOT_PAID", Kind::Refused, ""),
    ("OTHER_GRANT", Kind::Refused, ""),
    ("DISPUTE_ALREADY_CLOSED", Kind::Refused, ""),
    ("TOO_MANY_ORDER_FACTS", Kind::Refused, ""),
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
    use bitacora_domain::DomainError as _;
    use bitacora_domain::aggregates::billing_order::BillingOrderRefusal;
    use bitacora_domain::aggregates::call_session::CallRefusal;
    use bitacora_domain::aggregates::credit_ledger::CreditLedgerRefusal;
    use bitacora_domain::aggregates::knowledge_document::KnowledgeDocumentRefusal;
    use bitacora_domain::aggregates::ticket::TicketRefusal;

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

    #[test]
    fn every_code_of_credits_and_orders_is_in_the_table_once() {
        let ledger = CreditLedgerRefusal::ALL.iter().map(bitacora_domain::DomainError::code);
        let order = BillingOrderRefusal::ALL.iter().map(bitacora_domain::DomainError::code);
        for code in ledger.chain(order) {
            assert_eq!(TABLE.iter().filter(|(known, _, _)| *known == code).count(), 1, "{code}");
        }
    }

    #[test]
    fn every_code_of_a_ticket_is_in_the_table_once() {
        for refusal in TicketRefusal::ALL {
            let code = refusal.code();
            assert_eq!(TABLE.iter().filter(|(known, _, _)| *known == code).count(), 1, "{code}");
        }
    }

    #[test]
    fn every_code_of_a_knowledge_document_is_in_the_table_once() {
        for refusal in KnowledgeDocumentRefusal::ALL {
            let code = refusal.code();
            assert_eq!(TABLE.iter().filter(|(known, _, _)| *known == code).count(), 1, "{code}");
        }
    }

    #[test]
    fn every_code_of_a_call_is_in_the_table_once() {
        for refusal in CallRefusal::ALL {
            let code = refusal.code();
            assert_eq!(TABLE.iter().filter(|(known, _, _)| *known == code).count(), 1, "{code}");
        }
    }
}
