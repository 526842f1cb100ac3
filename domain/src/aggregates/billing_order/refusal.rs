//! Why an order refuses.

use crate::declare::refusals;

refusals! {
    /// An expected failure of an order's command.
    BillingOrderRefusal:
    /// It was never made.
    NotFound = "ORDER_NOT_FOUND", "there is no such order";
    /// It was made with other data.
    AlreadyCreated = "ORDER_ALREADY_CREATED", "the order was already made with other data";
    /// The stream's id is not a UUID.
    InvalidId = "INVALID_ORDER_ID", "the order's id is not a UUID";
    /// 0, or too many.
    InvalidCredits = "INVALID_CREDITS", "credits are a whole number from 1 to 1,000,000,000";
    /// Price or currency out of bounds.
    InvalidPrice = "INVALID_PRICE",
        "a price is at most 1,000,000,000,000 of the smallest unit, in an ISO 4217 currency";
    /// Out of bounds.
    InvalidValidity = "INVALID_VALIDITY", "credits are valid for 1 to 3,650 days";
    /// The provider's id is empty, too long or has blanks.
    InvalidProviderId = "INVALID_PROVIDER_ID",
        "a provider's id has 1 to 255 visible characters";
    /// Not an https address (http on this machine only), or too long.
    InvalidUrl = "INVALID_URL", "a checkout page is an https address of at most 2,048 characters (http on this machine only)";
    /// Blank or too long.
    InvalidReason = "INVALID_REASON", "a reason has 1 to 500 characters, a code 1 to 100";
    /// More than anybody pays.
    InvalidAmount = "INVALID_AMOUNT", "an amount is at most 1,000,000,000,000 of the smallest unit";
    /// It can be paid elsewhere.
    CheckoutOpen = "CHECKOUT_ALREADY_OPEN", "the order has another checkout page already";
    /// It failed or expired.
    Over = "ORDER_OVER", "the order failed or expired: make a new one";
    /// Nothing was paid.
    NotPaid = "ORDER_NOT_PAID", "the order is not paid: nothing may be granted";
    /// Not the grant of this order.
    OtherGrant = "OTHER_GRANT", "the order is granted by the grant whose id follows from its own";
    /// The dispute ended otherwise.
    DisputeClosed = "DISPUTE_ALREADY_CLOSED", "the dispute was closed with another outcome";
    /// A bound against loops.
    TooMany = "TOO_MANY_ORDER_FACTS",
        "an order has at most 16 disputes, failed refunds and anomalies: look at it by hand";
}
