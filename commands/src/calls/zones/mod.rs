//! Where a telephone may be, by its number: the IANA zones of its country or area. A number of
//! which only the country is known gets all zones of that country, and a call waits until the
//! hour is right in every one of them.

mod north_america;
mod world;

use std::collections::HashMap;
use std::sync::LazyLock;

/// Zones, and the beginnings of the numbers (digits behind the `+`) that are in them.
pub(super) struct Row {
    zones: &'static [&'static str],
    prefixes: &'static str,
}

const fn row(zones: &'static [&'static str], prefixes: &'static str) -> Row {
    Row { zones, prefixes }
}

/// Longest prefix of the tables, in digits.
const PREFIX_MAX: usize = 5;

static BY_PREFIX: LazyLock<HashMap<&'static str, &'static [&'static str]>> = LazyLock::new(|| {
    let rows = world::ROWS.iter().chain(north_america::ROWS);
    rows.flat_map(|row| row.prefixes.split_whitespace().map(|prefix| (prefix, row.zones))).collect()
});

/// The zones in which the owner of an E.164 number may be, by the longest beginning that is
/// known; none for a number of no country.
pub fn zones_of(e164: &str) -> &'static [&'static str] {
    let digits = e164.trim_start_matches('+');
    let longest = digits.len().min(PREFIX_MAX);
    let found = (1..=longest).rev().find_map(|length| BY_PREFIX.get(digits.get(..length)?));
    found.copied().unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // tests
mod tests {
    use std::collections::BTreeSet;

    use chrono_tz::Tz;

    use super::*;

    #[test]
    fn the_tables_name_zones_that_exist_and_no_beginning_twice() {
        let mut seen = BTreeSet::new();
        for row in world::ROWS.iter().chain(north_america::ROWS) {
            assert!((1..=16).contains(&row.zones.len()), "{:?}", row.zones);
            for zone in row.zones {
                assert!(zone.parse::<Tz>().is_ok(), "{zone}");
            }
            for prefix in row.prefixes.split_whitespace() {
                assert!(prefix.len() <= PREFIX_MAX, "{prefix}");
                assert!(prefix.bytes().all(|byte| byte.is_ascii_digit()), "{prefix}");
                assert!(seen.insert(prefix), "{prefix} twice");
            }
        }
    }

    #[test]
    fn the_longest_beginning_that_is_known_decides() {
        assert_eq!(zones_of("+5491166600011"), ["America/Argentina/Buenos_Aires"]);
        assert_eq!(zones_of("+526641234567"), ["America/Tijuana"]);
        assert_eq!(zones_of("+525512345678"), ["America/Mexico_City"]);
        assert_eq!(zones_of("+34912345678"), ["Europe/Madrid", "Atlantic/Canary"]);
        assert_eq!(zones_of("+12125550100"), ["America/New_York"]);
        assert_eq!(zones_of("+18095550100"), ["America/Santo_Domingo"]);
        assert!(zones_of("+18005550100").len() > 4, "an area of no place may be anywhere");
        assert!(zones_of("+999").is_empty() && zones_of("").is_empty());
    }

    /// Without a zone nobody of that country could ever be called.
    #[test]
    fn every_country_of_the_numbering_plan_has_zones() {
        let codes: [std::ops::RangeInclusive<u16>; 24] = [
            1..=1,
            7..=7,
            20..=20,
            27..=27,
            30..=34,
            36..=36,
            39..=41,
            43..=49,
            51..=58,
            60..=66,
            81..=82,
            84..=84,
            86..=86,
            90..=95,
            98..=98,
            211..=213,
            216..=216,
            218..=218,
            220..=258,
            260..=269,
            350..=359,
            370..=383,
            500..=509,
            590..=599,
        ];
        let others = [
            290, 291, 297, 298, 299, 385, 386, 387, 389, 420, 421, 423, 670, 672, 673, 674, 675,
            676, 677, 678, 679, 680, 681, 682, 683, 685, 686, 687, 688, 689, 690, 691, 692, 850,
            852, 853, 855, 856, 880, 886, 960, 961, 962, 963, 964, 965, 966, 967, 968, 970, 971,
            972, 973, 974, 975, 976, 977, 992, 993, 994, 995, 996, 997, 998,
        ];
        for code in codes.into_iter().flatten().chain(others) {
            assert!(!zones_of(&format!("+{code}")).is_empty(), "+{code}");
        }
    }
}
