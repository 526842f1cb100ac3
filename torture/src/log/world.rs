//! What both processes know without talking: tenants, contacts, streams and shared ids, all
//! derived from the seed.

use bitacora_commands::InstallationKey;
use bitacora_domain::{ChannelAccountId, CommandId, ContactId, Lane, TenantId};
use uuid::Uuid;

/// Namespace of everything that is derived from a seed.
const NAMESPACE: Uuid = Uuid::from_u128(0x7a3d_5a0e_1c2b_4f6d_8e9f_0a1b_2c3d_4e5f);
/// Tenants, two to a lane.
pub const TENANTS: u64 = 4;
/// Lanes in use: the system lane and another one, so that both orders of locking happen.
pub const LANES: [Lane; 2] = [Lane(0), Lane(1)];
/// Contacts per tenant for whose one open conversation everybody races.
pub const HOT_CONTACTS: u64 = 6;
/// Conversations per tenant on which everybody writes.
pub const HOT_STREAMS: u64 = 2;
/// Keys of the whole installation that are taken and given back.
pub const KEYS: u64 = 5;

/// The key of the tortured installation; both processes and the checks need the same.
pub fn installation_key() -> InstallationKey {
    InstallationKey::new([0x42; 32])
}

/// Everything that follows from a seed.
#[derive(Clone, Copy, Debug)]
pub struct World {
    /// The seed.
    pub seed: u64,
}

impl World {
    /// The id called `name`.
    pub fn id(&self, name: &str) -> Uuid {
        Uuid::new_v5(&NAMESPACE, format!("{}:{name}", self.seed).as_bytes())
    }

    /// The id of a command.
    pub fn command(&self, name: &str) -> CommandId {
        CommandId::new(self.id(&format!("command:{name}")))
    }

    /// The `n`-th tenant.
    pub fn tenant(&self, n: u64) -> TenantId {
        TenantId::new(self.id(&format!("tenant:{n}")))
    }

    /// All tenants with their lanes.
    pub fn tenants(&self) -> Vec<(TenantId, Lane)> {
        let lane = |n| if n < TENANTS / 2 { LANES[0] } else { LANES[1] };
        (0..TENANTS).map(|n| (self.tenant(n), lane(n))).collect()
    }

    /// The one channel account of a tenant.
    pub fn channel(&self, tenant: u64) -> ChannelAccountId {
        ChannelAccountId::new(self.id(&format!("channel:{tenant}")))
    }

    /// A contact of a tenant.
    pub fn contact(&self, tenant: u64, name: &str) -> ContactId {
        ContactId::new(self.id(&format!("contact:{tenant}:{name}")))
    }

    /// A conversation on which everybody writes.
    pub fn hot_stream(&self, tenant: u64, n: u64) -> String {
        self.id(&format!("hot:{tenant}:{n}")).to_string()
    }
}
