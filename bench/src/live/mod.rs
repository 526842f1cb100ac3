//! P5 and P6: how fast what happens is seen.

mod projected;
mod socket;
mod subscriber;

use crate::cli::Options;
use crate::cluster::Cluster;
use crate::table::Line;

pub(crate) async fn measure(cluster: &Cluster, options: &Options) -> anyhow::Result<Vec<Line>> {
    let mut lines = socket::measure(cluster, options).await?;
    lines.extend(projected::measure(cluster, options).await?);
    Ok(lines)
}
