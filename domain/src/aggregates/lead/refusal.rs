//! Why a lead refuses.

use crate::declare::refusals;

refusals! {
    /// An expected failure of a lead's command.
    LeadRefusal:
    /// It was never captured.
    NotFound = "LEAD_NOT_FOUND", "there is no such lead";
    /// The stream's id is not a UUID.
    InvalidId = "INVALID_LEAD_ID", "the lead's id is not a UUID";
    /// It was captured from elsewhere.
    AlreadyCaptured = "LEAD_ALREADY_CAPTURED",
        "the lead was already captured from another source or with another id";
    /// It is over for ever.
    Ended = "LEAD_ENDED", "the lead has ended: capture a new one";
    /// Only a person brings it back.
    Disqualified = "LEAD_DISQUALIFIED",
        "the lead is disqualified: a person can reactivate it with a reason";
    /// The tenant's systems have it.
    AlreadyDelivered = "LEAD_ALREADY_DELIVERED", "the lead was delivered already";
    /// Contact or offer are not known yet.
    NotMapped = "LEAD_NOT_MAPPED", "the lead has no offer and contact yet: map it first";
    /// It has an offer.
    AlreadyMapped = "LEAD_ALREADY_MAPPED", "the lead has an offer: transfer it instead";
    /// It is known who it is.
    ContactKnown = "LEAD_CONTACT_KNOWN", "the lead belongs to another contact already";
    /// It answers already, or a person has it.
    NotContactable = "LEAD_NOT_CONTACTABLE",
        "only a lead that has not answered is contacted so: write in its conversation instead";
    /// Nobody wrote to it yet.
    NotContacted = "LEAD_NOT_CONTACTED", "nobody has written to the lead yet";
    /// A contact is under way.
    ContactUnderWay = "LEAD_CONTACT_UNDER_WAY", "a contact was requested and has no outcome yet";
    /// Not requested, and not the next one.
    ContactOutOfOrder = "LEAD_CONTACT_OUT_OF_ORDER",
        "this is not the lead's next contact: load the lead and ask again";
    /// All are used.
    AttemptsExhausted = "CONTACT_ATTEMPTS_EXHAUSTED",
        "the lead was written to as often as its offer allows";
    /// All are used.
    TouchesExhausted = "TOUCHES_EXHAUSTED",
        "the lead was reactivated as often as its offer allows: wait until it writes";
    /// Too early or too late in the day.
    OutsideHours = "OUTSIDE_CONTACT_HOURS", "outside of the hours of contact of the offer";
    /// It is not aside.
    NotCooling = "LEAD_NOT_COOLING", "only a lead that is cooling or disqualified is reactivated";
    /// A machine asked.
    PersonRequired = "PERSON_REQUIRED", "only a person can bring a disqualified lead back";
    /// None was given.
    ReasonRequired = "REASON_REQUIRED", "a reason is needed, of 1 to 500 characters";
    /// It waits for a delivery.
    IsReady = "LEAD_IS_READY", "the lead is ready: deliver it, hand it off or disqualify it";
    /// It is not ready.
    NotReady = "LEAD_NOT_READY",
        "the lead is not ready: fields of the minimum are missing or its points do not suffice";
    /// A person has it.
    HandedOff = "LEAD_HANDED_OFF", "a person has the lead: return it first";
    /// Nobody has it.
    NotHandedOff = "LEAD_NOT_HANDED_OFF", "no person has the lead";
    /// A delivery is under way.
    DeliveryPending = "DELIVERY_PENDING", "a delivery of the lead is under way";
    /// The id was used.
    DeliveryUsed = "DELIVERY_ID_USED", "the delivery was requested before: use a new id";
    /// It was never requested.
    DeliveryUnknown = "DELIVERY_UNKNOWN", "the lead never had such a delivery";
    /// All are used.
    TooManyDeliveries = "TOO_MANY_DELIVERIES", "a lead has at most 10 deliveries";
    /// Nowhere to.
    InvalidTargets = "INVALID_TARGETS",
        "a delivery needs 1 to 10 targets, each once: connect an integration first";
    /// Nothing would pay for it.
    ReservationRequired = "RESERVATION_REQUIRED",
        "the offer is paid per lead: reserve credits first";
    /// Nothing paid for it.
    NotCaptured = "RESERVATION_NOT_CAPTURED",
        "the delivery's own reservation must be captured before it is confirmed";
    /// Nothing to dispute.
    NotDelivered = "LEAD_NOT_DELIVERED", "the lead was not delivered";
    /// A dispute is open.
    DisputeOpen = "DISPUTE_OPEN", "a dispute of the lead has no answer yet";
    /// No dispute is open.
    NotDisputed = "LEAD_NOT_DISPUTED", "no dispute of the lead is open";
    /// It was answered before.
    DisputedBefore = "DISPUTED_BEFORE", "the lead was disputed for this reason before";
    /// A lead of itself.
    DuplicateOfItself = "DUPLICATE_OF_ITSELF", "a lead is no duplicate of itself";
    /// It is of another offer.
    OtherOffer = "OTHER_OFFER", "these criteria are of another offer: transfer the lead instead";
    /// The id is blank or too long.
    InvalidExternalId = "INVALID_EXTERNAL_ID",
        "a source's id has 1 to 128 characters, none of them control characters";
    /// Something in the offer is out of bounds.
    InvalidOffer = "INVALID_OFFER", "the offer's version or criteria are not valid";
    /// No answer.
    InvalidAnswer = "INVALID_ANSWER",
        "the answer is hidden, out of bounds, or its confidence is not within 0 and 10,000";
    /// The template is blank or too long.
    InvalidTemplate = "INVALID_TEMPLATE", "a template's name has 1 to 512 characters";
    /// The reason is blank or too long.
    InvalidReason = "INVALID_REASON", "a reason has 1 to 500 characters";
    /// The note is hidden or too long.
    InvalidNote = "INVALID_NOTE", "a note has at most 1,000 characters";
    /// No range of money.
    InvalidValue = "INVALID_VALUE", "a value is a range of money in one currency";
}
