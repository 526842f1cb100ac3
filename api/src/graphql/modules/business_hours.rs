//! When people work: the week of a tenant and its holidays.

use async_graphql::{InputObject, SimpleObject};
use bitacora_domain::aggregates::tenant as domain;

use crate::graphql::scalars::Date;

/// A span of a weekday on which people work.
#[derive(Clone, Copy, Debug, SimpleObject, InputObject)]
#[graphql(input_name = "OpenSpanInput")]
pub struct OpenSpan {
    /// ISO weekday: 1 is Monday, 7 is Sunday.
    pub weekday: i32,
    /// First minute, counted from midnight of the tenant's zone: 540 is 9:00.
    pub from: i32,
    /// Minute after the last: 1080 is 18:00, 1440 is midnight.
    pub until: i32,
}

/// When people work there, in the tenant's zone.
#[derive(Clone, Debug, SimpleObject)]
pub struct BusinessHours {
    /// Spans in the order of the week; none when nobody said.
    pub week: Vec<OpenSpan>,
    /// Days on which nobody works, in order.
    pub holidays: Vec<Date>,
}

impl From<&domain::BusinessHours> for BusinessHours {
    fn from(hours: &domain::BusinessHours) -> Self {
        let span = |span: &domain::OpenSpan| OpenSpan {
            weekday: span.weekday.into(),
            from: span.from.into(),
            until: span.until.into(),
        };
        Self {
            week: hours.week.iter().map(span).collect(),
            holidays: hours.holidays.iter().copied().map(Date).collect(),
        }
    }
}

/// What the aggregate judges. A number that it has no room for becomes one that it refuses.
pub(super) fn command(week: &[OpenSpan], holidays: &[Date]) -> domain::BusinessHours {
    let span = |span: &OpenSpan| domain::OpenSpan {
        weekday: span.weekday.try_into().unwrap_or(u8::MAX),
        from: span.from.try_into().unwrap_or(u16::MAX),
        until: span.until.try_into().unwrap_or(u16::MAX),
    };
    domain::BusinessHours {
        week: week.iter().map(span).collect(),
        holidays: holidays.iter().map(|date| date.0).collect(),
    }
}
