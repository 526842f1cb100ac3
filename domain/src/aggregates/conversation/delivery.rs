//! How the delivery of a message of ours advances (aggregates §2.8, CHATI-16).

use super::content::MessageKind;
use super::vocabulary::DeliveryStatus;

/// What a reported status means for a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It gets there.
    Advance,
    /// It contradicts what is known; worth keeping, no state.
    Anomaly,
    /// Nothing new: late, repeated, or after the end.
    Nothing,
}

/// What `reported` means for a message that got as far as `current`. Forward, steps may be
/// left out (a provider may report only READ); backward nothing happens.
pub(super) fn step(current: DeliveryStatus, reported: DeliveryStatus) -> Step {
    use DeliveryStatus::{Delivered, Failed, Pending, Played, Read, Sent, Unknown};
    match (current, reported) {
        (_, Pending | Unknown) => Step::Nothing, // ours alone
        (Pending | Unknown | Sent, Failed) => Step::Advance,
        (Delivered | Read | Played, Failed) => Step::Anomaly,
        (Pending | Unknown | Sent | Delivered | Read | Played, _) if reported > current => {
            Step::Advance
        }
        _ => Step::Nothing,
    }
}

/// What a message has gone through on the way from one status to another, told or not. What
/// failed had left, and that is all that is known of it.
pub(super) fn passed(
    from: DeliveryStatus,
    to: DeliveryStatus,
) -> impl Iterator<Item = DeliveryStatus> {
    use DeliveryStatus::{Delivered, Failed, Read, Sent};
    let end = if to == Failed { Delivered } else { to };
    [Sent, Delivered, Read]
        .into_iter()
        .filter(move |step| (from..end).contains(step) && *step != from)
}

/// Can nothing follow `status` any more? Only a voice message is played after it was read.
pub(super) fn is_final(kind: MessageKind, status: DeliveryStatus) -> bool {
    match status {
        DeliveryStatus::Pending
        | DeliveryStatus::Unknown
        | DeliveryStatus::Sent
        | DeliveryStatus::Delivered => false,
        DeliveryStatus::Read => kind != MessageKind::Audio,
        DeliveryStatus::Played | DeliveryStatus::Failed => true,
    }
}

#[cfg(test)]
mod tests {
    use super::DeliveryStatus::{Delivered, Failed, Pending, Played, Read, Sent, Unknown};
    use super::Step::{Advance, Anomaly, Nothing};
    use super::*;

    /// Rows: the status before. Columns: PENDING, UNKNOWN, SENT, DELIVERED, READ, PLAYED, FAILED.
    #[test]
    fn every_status_meets_every_report() {
        let matrix = [
            (Pending, [Nothing, Nothing, Advance, Advance, Advance, Advance, Advance]),
            (Unknown, [Nothing, Nothing, Advance, Advance, Advance, Advance, Advance]),
            (Sent, [Nothing, Nothing, Nothing, Advance, Advance, Advance, Advance]),
            (Delivered, [Nothing, Nothing, Nothing, Nothing, Advance, Advance, Anomaly]),
            (Read, [Nothing, Nothing, Nothing, Nothing, Nothing, Advance, Anomaly]),
            (Played, [Nothing, Nothing, Nothing, Nothing, Nothing, Nothing, Anomaly]),
            (Failed, [Nothing; 7]),
        ];
        for (current, row) in matrix {
            for (reported, expected) in
                [Pending, Unknown, Sent, Delivered, Read, Played, Failed].into_iter().zip(row)
            {
                assert_eq!(step(current, reported), expected, "{current:?} → {reported:?}");
            }
        }
    }

    #[test]
    fn only_a_voice_message_waits_for_being_played() {
        assert!(is_final(MessageKind::Text, Read));
        assert!(!is_final(MessageKind::Audio, Read));
        assert!(is_final(MessageKind::Audio, Played) && is_final(MessageKind::Text, Failed));
        assert!(!is_final(MessageKind::Text, Delivered));
    }
}
