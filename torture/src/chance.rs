//! Dice that follow from the seed and from what they are thrown about: the same whatever else
//! happens before.

use std::hash::{Hash as _, Hasher as _};

use rand::SeedableRng as _;
use rand::rngs::StdRng;

/// Dice for one thing.
pub(crate) fn dice(seed: u64, about: &str) -> StdRng {
    let mut hasher = std::hash::DefaultHasher::new();
    (seed, about).hash(&mut hasher);
    StdRng::seed_from_u64(hasher.finish())
}
