//! The sample aggregate.

use bitacora_domain::aggregates::parcel::{Parcel, ParcelEvent};

use crate::support::samples::{Sample, Sampled, state_without};

impl Sampled for Parcel {
    fn samples() -> Vec<Sample<Self>> {
        let (parcel, label) = (uuid::Uuid::from_u128(7), "Lentes".to_owned());
        vec![
            (None, ParcelEvent::ParcelSent { parcel, label }),
            (None, ParcelEvent::ParcelArrived {}),
        ]
    }
    fn full_state() -> Self {
        state_without(&[])
    }
}
