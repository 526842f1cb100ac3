//! The score: a pure function that explains itself, and rises with better answers.

use std::collections::BTreeSet;

use bitacora_domain::aggregates::lead::{
    LeadAnswer, LeadField, LeadIntent, LeadTiming, Score, ScoreReason, is_ready, score,
};
use bitacora_domain::aggregates::offer::{Criteria, MoneyRange};
use proptest::prelude::*;

use super::{best, criteria, set, usd};

fn budget(min: Option<i64>, max: Option<i64>) -> (i64, ScoreReason) {
    let part = score(&[LeadAnswer::Budget(usd(min, max))], &criteria()).components.budget;
    (part.points, part.reason)
}

#[test]
fn the_weights_are_those_of_x_conv_3() {
    use {LeadIntent as I, LeadTiming as T, ScoreReason as R};
    // Prices from 100,000 to 120,000 dollars.
    assert_eq!(budget(Some(9_000_000), Some(10_000_000)), (25, R::Perfect));
    assert_eq!(budget(Some(11_000_000), None), (25, R::Perfect));
    assert_eq!(budget(None, Some(9_999_999)), (20, R::Within20Percent));
    assert_eq!(budget(None, Some(8_000_000)), (20, R::Within20Percent));
    assert_eq!(budget(None, Some(7_999_999)), (12, R::Within50Percent));
    assert_eq!(budget(None, Some(5_000_000)), (12, R::Within50Percent));
    assert_eq!(budget(None, Some(4_999_999)), (5, R::Out));
    assert_eq!(budget(Some(14_400_000), None), (20, R::Within20Percent));
    assert_eq!(budget(Some(18_000_001), None), (5, R::Out));
    let pesos = MoneyRange { currency: "ARS".to_owned(), ..usd(Some(1), None) };
    let other = score(&[LeadAnswer::Budget(pesos)], &criteria()).components.budget;
    assert_eq!((other.points, other.reason), (5, R::OtherCurrency));
    let zone = |zone: &str, city: Option<&str>| {
        let (zone, city) = (zone.to_owned(), city.map(str::to_owned));
        score(&[LeadAnswer::Zone { zone, city }], &criteria()).components.zone.points
    };
    assert_eq!(zone("palermo", None), 20);
    assert_eq!(zone("belgrano", Some("caba")), 12);
    assert_eq!(zone("caballito", Some("caba")), 8);
    assert_eq!(zone("rosario", Some("rosario")), 3);
    let timing = |when| score(&[LeadAnswer::Timing(when)], &criteria()).components.timing.points;
    let times = [T::Now, T::SixMonths, T::Flexible, T::OneYear, T::Long].map(timing);
    assert_eq!(times, [15, 12, 10, 8, 5]);
    let intent = |how| score(&[LeadAnswer::Intent(how)], &criteria()).components.intent.points;
    assert_eq!([I::Ready, I::Active, I::Exploring, I::Curious].map(intent), [15, 12, 8, 4]);
    let quality = |n| score(&best()[..n], &criteria()).components.quality.points;
    assert_eq!([0, 1, 2, 3, 4, 5, 6].map(quality), [0, 2, 2, 5, 5, 7, 10]);
}

#[test]
fn the_whole_is_at_most_100_and_the_bonus_is_what_gives_way() {
    let wish = |words: &[&str]| LeadAnswer::Preferences(set(words));
    let all = [best(), vec![wish(&["balcon", "cochera"])]].concat();
    let Score { total, components } = score(&all, &criteria());
    assert_eq!((total, components.bonus.points), (100, 0));
    assert_eq!(components.bonus.reason, ScoreReason::Capped);
    let some = [best()[..3].to_vec(), vec![wish(&["balcon", "pileta"])]].concat();
    let Score { total, components } = score(&some, &criteria());
    assert_eq!((total, components.bonus.points), (25 + 20 + 5 + 5, 5));
}

#[test]
fn ready_means_minimum_and_80_points() {
    let criteria = Criteria::default();
    let all: BTreeSet<LeadField> = LeadField::ALL.into();
    assert!(is_ready(&all, 80, &criteria));
    assert!(!is_ready(&all, 79, &criteria));
    for field in &criteria.minimum_fields {
        let mut some = all.clone();
        some.remove(field);
        assert!(!is_ready(&some, 100, &criteria), "{field:?}");
    }
    assert!(is_ready(&criteria.minimum_fields, 80, &criteria));
}

pub(super) fn answers() -> impl Strategy<Value = LeadAnswer> {
    let amount = || prop::option::of(0..20_000_000i64);
    let zone = prop::sample::select(vec!["palermo", "belgrano", "flores", "rosario"]);
    let city = prop::option::of(Just("caba".to_owned()));
    let wishes = prop::sample::subsequence(vec!["balcon", "cochera", "pileta"], 1..3);
    prop_oneof![
        prop::sample::select(best()),
        Just(LeadAnswer::Preferences(set(&["balcon", "cochera"]))),
        prop::sample::select(best()),
        Just(LeadAnswer::Name("Lucía".to_owned())),
        (amount(), amount()).prop_filter_map("a range", |(min, max)| {
            let ordered = min.zip(max).is_none_or(|(min, max)| min <= max);
            let some = min.is_some() || max.is_some();
            (ordered && some).then(|| LeadAnswer::Budget(usd(min, max)))
        }),
        (zone, city).prop_map(|(zone, city)| LeadAnswer::Zone { zone: zone.to_owned(), city }),
        prop::sample::select(vec!["2_ambientes", "monoambiente"])
            .prop_map(|kind| LeadAnswer::Typology(kind.to_owned())),
        timing().prop_map(LeadAnswer::Timing),
        intent().prop_map(LeadAnswer::Intent),
        wishes.prop_map(|wishes| LeadAnswer::Preferences(set(&wishes))),
    ]
}

fn timing() -> impl Strategy<Value = LeadTiming> {
    use LeadTiming as T;
    prop::sample::select(vec![T::Now, T::SixMonths, T::Flexible, T::OneYear, T::Long])
}

fn intent() -> impl Strategy<Value = LeadIntent> {
    use LeadIntent as I;
    prop::sample::select(vec![I::Ready, I::Active, I::Exploring, I::Curious])
}

/// The same answers without those to this question.
fn without(answers: &[LeadAnswer], field: LeadField) -> Vec<LeadAnswer> {
    answers.iter().filter(|answer| answer.field() != field).cloned().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_score_explains_itself(given in prop::collection::vec(answers(), 0..30)) {
        let Score { total, components } = score(&given, &criteria());
        let sum: i64 = components.all().iter().map(|part| part.points).sum();
        prop_assert_eq!(total, sum);
        prop_assert!((0..=100).contains(&total));
        for part in components.all() {
            prop_assert!((0..=part.of).contains(&part.points), "{:?}", part);
            if part.reason == ScoreReason::NotAnswered {
                prop_assert_eq!(part.points, 0);
            }
        }
        let best: i64 = components.all()[..6].iter().map(|part| part.of).sum();
        prop_assert_eq!(best, 100);
    }

    /// It knows answers and criteria alone: their order, and answers that were replaced, are
    /// nothing to it.
    #[test]
    fn only_the_last_answer_to_a_question_counts(given in prop::collection::vec(answers(), 0..10)) {
        let mut last: Vec<LeadAnswer> = Vec::new();
        for answer in given.iter().rev() {
            if last.iter().all(|known| known.field() != answer.field()) {
                last.push(answer.clone());
            }
        }
        prop_assert_eq!(score(&given, &criteria()), score(&last, &criteria()));
    }

    #[test]
    fn telling_more_never_costs_points(
        given in prop::collection::vec(answers(), 0..8),
        more in answers(),
    ) {
        let before = without(&given, more.field());
        let after = [before.clone(), vec![more]].concat();
        prop_assert!(score(&after, &criteria()).total >= score(&before, &criteria()).total);
    }

    #[test]
    fn a_budget_nearer_to_the_prices_is_never_worth_less(
        given in prop::collection::vec(answers(), 0..6),
        (low, high) in (0..10_000_000i64, 0..10_000_000i64),
    ) {
        let (far, near) = (low.min(high), low.max(high));
        let with = |most| {
            let rest = without(&given, LeadField::Budget);
            let budget = LeadAnswer::Budget(usd(None, Some(most)));
            score(&[rest, vec![budget]].concat(), &criteria()).total
        };
        prop_assert!(with(near) >= with(far));
    }

    #[test]
    fn sooner_and_surer_is_never_worth_less(
        given in prop::collection::vec(answers(), 0..6),
        (a, b) in (0..5usize, 0..5usize),
    ) {
        use LeadIntent as I;
        use LeadTiming as T;
        let times = [T::Now, T::SixMonths, T::Flexible, T::OneYear, T::Long];
        let intents = [I::Ready, I::Active, I::Exploring, I::Curious, I::Curious];
        let (sooner, later) = (a.min(b), a.max(b));
        let with = |answer: LeadAnswer| {
            score(&[without(&given, answer.field()), vec![answer]].concat(), &criteria()).total
        };
        prop_assert!(with(LeadAnswer::Timing(times[sooner])) >= with(LeadAnswer::Timing(times[later])));
        prop_assert!(with(LeadAnswer::Intent(intents[sooner])) >= with(LeadAnswer::Intent(intents[later])));
    }
}
