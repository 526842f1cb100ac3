//! Why a ledger refuses.

use crate::declare::refusals;

refusals! {
    /// An expected failure of a ledger's command.
    CreditLedgerRefusal:
    /// It was never opened.
    NotFound = "LEDGER_NOT_FOUND", "the tenant has no credit ledger: open it first";
    /// Not the id of the tenant's ledger.
    InvalidId = "INVALID_LEDGER_ID", "a tenant has one ledger, whose id follows from the tenant's";
    /// Nothing may be set aside.
    Frozen = "LEDGER_FROZEN", "the ledger is frozen: ask whoever froze it";
    /// Fewer available than asked for.
    Insufficient = "INSUFFICIENT_CREDITS", "there are not enough credits: buy some, or ask for fewer";
    /// Credits are owed.
    InDebt = "LEDGER_IN_DEBT", "credits are owed: settle the debt or buy credits first";
    /// Nothing is owed.
    NoDebt = "NO_DEBT", "the ledger has no debt";
    /// More than is owed.
    ExceedsDebt = "EXCEEDS_DEBT", "so much is not owed: settle at most the debt";
    /// 0, or more than a command may carry.
    InvalidCredits = "INVALID_CREDITS", "credits are a whole number from 1 to 1,000,000,000";
    /// The ledger would hold, or owe, too much.
    BalanceTooLarge = "BALANCE_TOO_LARGE", "a ledger holds at most 1,000,000,000,000 credits";
    /// Out of bounds.
    InvalidPriority = "INVALID_PRIORITY", "a priority is 1 to 50; lower burns first";
    /// The times do not fit each other.
    InvalidPeriod = "INVALID_PERIOD",
        "a grant ends after it begins and in the future, and begins within 5 years";
    /// In the past or too far ahead.
    InvalidHoldExpiry = "INVALID_HOLD_EXPIRY", "a hold ends in the future, within 30 days";
    /// Kind and source do not fit.
    InvalidSource = "INVALID_GRANT_SOURCE",
        "a purchase comes from an order, and everything else from an administrator";
    /// Blank or too long.
    InvalidReason = "INVALID_REASON", "a reason has 1 to 500 characters";
    /// The two values do not fit.
    InvalidThreshold = "INVALID_THRESHOLD",
        "a warning level is below the level of recovery, which is at most 1,000,000,000";
    /// Credits, price or currency out of bounds.
    InvalidTopUp = "INVALID_TOP_UP",
        "a top-up has 1 to 1,000,000,000 credits, a price of at least 1 and an ISO 4217 currency";
    /// The grant's id means something else.
    GrantIdTaken = "GRANT_ID_TAKEN", "there is another grant of this id: take a new id";
    /// Never there, or over for long.
    GrantNotFound = "GRANT_NOT_FOUND",
        "there is no such grant, or it ended long ago: adjust the credits instead";
    /// Every credit of it is.
    GrantRevoked = "GRANT_REVOKED", "all credits of the grant are revoked already";
    /// More than is left to revoke.
    ExceedsGrant = "EXCEEDS_GRANT", "so many credits of the grant are not left to revoke";
    /// More than is revoked.
    ExceedsRevoked = "EXCEEDS_REVOKED", "so many credits of the grant are not revoked";
    /// The id of a revocation or reinstatement means something else.
    RevocationIdTaken = "REVOCATION_ID_TAKEN",
        "this id was used with other data: take a new id";
    /// A bound against loops.
    TooManyRevocations = "TOO_MANY_REVOCATIONS",
        "a grant is revoked and reinstated at most 64 times: adjust the credits instead";
    /// It is given once.
    TrialAlreadyGranted = "TRIAL_ALREADY_GRANTED", "the trial credits were given already";
    /// By another grant.
    OrderAlreadyGranted = "ORDER_ALREADY_GRANTED", "the order was granted already, once is all";
    /// A bound on what lives at once.
    TooManyGrants = "TOO_MANY_GRANTS", "too many grants are in use: wait until some are used up";
    /// A bound on what lives at once.
    TooManyHolds = "TOO_MANY_HOLDS", "500 holds are open: capture or release some first";
    /// The hold's id means something else.
    HoldIdTaken = "HOLD_ID_TAKEN", "there is another hold of this id: take a new id";
    /// Never there, or ended long ago.
    HoldNotFound = "HOLD_NOT_FOUND", "there is no such hold, or it ended long ago";
    /// Its time was up.
    HoldExpired = "HOLD_EXPIRED", "the hold has expired: reserve again";
    /// It was given back.
    HoldReleased = "HOLD_RELEASED", "the hold was released: reserve again";
    /// It was used up.
    HoldCaptured = "HOLD_CAPTURED", "the hold was captured: refund its consumption instead";
    /// It was not used up, so nothing can be refunded.
    HoldNotCaptured = "HOLD_NOT_CAPTURED", "the hold was not captured: there is nothing to refund";
    /// More than is held.
    ExceedsHold = "EXCEEDS_HOLD", "so many credits are not held: capture at most the hold";
    /// Never there, or too long ago.
    ConsumptionNotFound = "CONSUMPTION_NOT_FOUND",
        "nothing was captured here, or too long ago: adjust the credits instead";
    /// More than was captured.
    ExceedsConsumption = "EXCEEDS_CONSUMPTION",
        "so many credits were not captured: refund at most the consumption";
    /// Once is all.
    AlreadyRefunded = "ALREADY_REFUNDED", "the consumption was refunded already";
    /// The adjustment's id means something else.
    AdjustmentIdTaken = "ADJUSTMENT_ID_TAKEN",
        "there is another adjustment of this id: take a new id";
}
