//! Who is typing: signals that are worth something for a few seconds only. They are in no log and
//! no table, reach whoever listens now, and are lost when nobody does.
//!
//! [`Presence`] carries them within the process; an adapter takes what [`Presence::take`] gives to
//! other processes and puts what it hears into [`Presence::heard`]. Nothing here waits for
//! anything, and everything that grows has a bound.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bitacora_domain::{ConversationId, TenantId, UserId};
use tokio::sync::Notify;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::time::{Instant, sleep_until};

/// A sign of typing is good for so long; whoever goes on typing says so again.
pub const TYPING_LASTS: Duration = Duration::from_secs(10);
/// Signals that a person may give at once …
const BURST: u32 = 10;
/// … and how long it takes until they may give one more.
const REFILL: Duration = Duration::from_millis(200);
/// People whose rate is remembered; more are not heard until others fall silent.
const MAX_TELLERS: usize = 10_000;
/// Signals that wait to be carried to other processes; more are lost.
const MAX_OUTBOX: usize = 1_024;
/// Signals that wait for one listener; older ones are lost.
const MAX_BEHIND: usize = 64;
/// People whom one listener sees typing at once.
const MAX_TYPING: usize = 50;

/// Somebody of the team types in a conversation, or stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Typing {
    /// Tenant of both.
    pub tenant: TenantId,
    /// Where.
    pub conversation: ConversationId,
    /// Who.
    pub user: UserId,
    /// Began or goes on (true), or stopped.
    pub on: bool,
}

type Room = (TenantId, ConversationId);
type Teller = (TenantId, UserId);

/// The ephemeral signals of one process.
#[derive(Debug)]
pub struct Presence {
    lasts: Duration,
    rooms: Mutex<HashMap<Room, broadcast::Sender<Typing>>>,
    /// Not yet carried to other processes; the newest per person and conversation.
    outbox: Mutex<BTreeMap<(TenantId, ConversationId, UserId), bool>>,
    filled: Notify,
    rates: Mutex<HashMap<Teller, Rate>>,
}

/// Signals that somebody may still give, as of a time.
#[derive(Clone, Copy, Debug)]
struct Rate {
    left: u32,
    at: Instant,
}

impl Rate {
    fn full(now: Instant) -> Self {
        Self { left: BURST, at: now }
    }

    /// One signal less, if there is one left.
    fn take(&mut self, now: Instant) -> bool {
        let elapsed = now.duration_since(self.at).as_millis() / REFILL.as_millis();
        let more = u32::try_from(elapsed).unwrap_or(u32::MAX);
        if more > 0 {
            self.left = self.left.saturating_add(more).min(BURST);
            self.at = now;
        }
        let Some(left) = self.left.checked_sub(1) else { return false };
        self.left = left;
        true
    }

    fn is_full(self, now: Instant) -> bool {
        now.duration_since(self.at) >= REFILL * BURST
    }
}

impl Presence {
    /// Nobody types and nobody listens.
    pub fn new() -> Arc<Self> {
        Self::lasting(TYPING_LASTS)
    }

    /// The same where a sign of typing is good for another time.
    pub fn lasting(lasts: Duration) -> Arc<Self> {
        Arc::new(Self {
            lasts,
            rooms: Mutex::default(),
            outbox: Mutex::default(),
            filled: Notify::new(),
            rates: Mutex::default(),
        })
    }

    /// Somebody here says so. False, and nothing more, when they say it too often.
    pub fn tell(&self, said: Typing) -> bool {
        if !self.within_rate((said.tenant, said.user)) {
            return false;
        }
        self.heard(said);
        let mut outbox = lock(&self.outbox);
        let key = (said.tenant, said.conversation, said.user);
        if outbox.len() < MAX_OUTBOX || outbox.contains_key(&key) {
            outbox.insert(key, said.on);
            self.filled.notify_one();
        }
        true
    }

    /// Somebody said so, here or in another process.
    pub fn heard(&self, said: Typing) {
        let rooms = lock(&self.rooms);
        if let Some(room) = rooms.get(&(said.tenant, said.conversation)) {
            // An error says that nobody listens any more.
            let _ = room.send(said);
        }
    }

    /// Follows who types in a conversation of a tenant.
    pub fn listen(self: &Arc<Self>, tenant: TenantId, conversation: ConversationId) -> Listener {
        let room = (tenant, conversation);
        let mut rooms = lock(&self.rooms);
        let sender = rooms.entry(room).or_insert_with(|| broadcast::channel(MAX_BEHIND).0);
        let signals = Some(sender.subscribe());
        Listener { presence: Arc::clone(self), room, signals, typing: BTreeMap::new() }
    }

    /// Waits until something is to be carried to other processes, and takes it.
    pub async fn take(&self) -> Vec<Typing> {
        loop {
            let taken = std::mem::take(&mut *lock(&self.outbox));
            if !taken.is_empty() {
                let said =
                    |((tenant, conversation, user), on)| Typing { tenant, conversation, user, on };
                return taken.into_iter().map(said).collect();
            }
            self.filled.notified().await;
        }
    }

    /// Those who listen, to whatever conversation.
    pub fn listeners(&self) -> usize {
        lock(&self.rooms).values().map(broadcast::Sender::receiver_count).sum()
    }

    fn within_rate(&self, teller: Teller) -> bool {
        let now = Instant::now();
        let mut rates = lock(&self.rates);
        if rates.len() >= MAX_TELLERS && !rates.contains_key(&teller) {
            rates.retain(|_, rate| !rate.is_full(now));
            if rates.len() >= MAX_TELLERS {
                return false;
            }
        }
        rates.entry(teller).or_insert_with(|| Rate::full(now)).take(now)
    }
}

/// Follows who types in one conversation. What it gives are changes: one when somebody begins,
/// one when they stop or are not heard of for [`TYPING_LASTS`].
#[derive(Debug)]
pub struct Listener {
    presence: Arc<Presence>,
    room: Room,
    signals: Option<broadcast::Receiver<Typing>>,
    typing: BTreeMap<UserId, Instant>,
}

impl Listener {
    /// The next change; `None` when there will be none.
    pub async fn next(&mut self) -> Option<Typing> {
        loop {
            let first = self.typing.iter().min_by_key(|(_, until)| **until);
            let first = first.map(|(user, until)| (*user, *until));
            let signals = self.signals.as_mut()?;
            tokio::select! {
                said = signals.recv() => match said {
                    Ok(said) => if let Some(changed) = self.take(said) { return Some(changed) },
                    // What was missed is said again, or expires.
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return None,
                },
                user = expiry(first) => {
                    self.typing.remove(&user);
                    let (tenant, conversation) = self.room;
                    return Some(Typing { tenant, conversation, user, on: false });
                }
            }
        }
    }

    /// What a signal changes.
    fn take(&mut self, said: Typing) -> Option<Typing> {
        if !said.on {
            return self.typing.remove(&said.user).map(|_| said);
        }
        let known = self.typing.contains_key(&said.user);
        if !known && self.typing.len() >= MAX_TYPING {
            return None;
        }
        self.typing.insert(said.user, Instant::now() + self.presence.lasts);
        (!known).then_some(said)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.signals = None;
        let mut rooms = lock(&self.presence.rooms);
        if rooms.get(&self.room).is_some_and(|room| room.receiver_count() == 0) {
            rooms.remove(&self.room);
        }
    }
}

/// Returns whose time is over, then; never when there is nobody.
async fn expiry(first: Option<(UserId, Instant)>) -> UserId {
    match first {
        Some((user, until)) => {
            sleep_until(until).await;
            user
        }
        None => std::future::pending().await,
    }
}

/// Nothing that is done under these locks can panic half-way.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // tests
    use uuid::Uuid;

    use super::*;

    fn typing(tenant: u128, conversation: u128, user: u128, on: bool) -> Typing {
        Typing {
            tenant: TenantId::new(Uuid::from_u128(tenant)),
            conversation: ConversationId::new(Uuid::from_u128(conversation)),
            user: UserId::new(Uuid::from_u128(user)),
            on,
        }
    }

    fn listen(presence: &Arc<Presence>, tenant: u128, conversation: u128) -> Listener {
        let said = typing(tenant, conversation, 0, true);
        presence.listen(said.tenant, said.conversation)
    }

    async fn silent(listener: &mut Listener) -> bool {
        tokio::time::timeout(Duration::from_millis(50), listener.next()).await.is_err()
    }

    #[tokio::test]
    async fn a_change_is_told_once_and_only_to_the_same_conversation_of_the_same_tenant() {
        let presence = Presence::new();
        let mut here = listen(&presence, 1, 2);
        let mut elsewhere = listen(&presence, 1, 3);
        let mut foreign = listen(&presence, 9, 2);
        for on in [true, true, false, false] {
            assert!(presence.tell(typing(1, 2, 5, on)));
        }
        assert_eq!(here.next().await, Some(typing(1, 2, 5, true)));
        assert_eq!(here.next().await, Some(typing(1, 2, 5, false)));
        assert!(silent(&mut here).await);
        assert!(silent(&mut elsewhere).await && silent(&mut foreign).await);
        let beside = listen(&presence, 1, 2);
        assert_eq!((presence.listeners(), lock(&presence.rooms).len()), (4, 3));
        drop((here, elsewhere, foreign, beside));
        assert_eq!((presence.listeners(), lock(&presence.rooms).len()), (0, 0));
    }

    #[tokio::test]
    async fn whoever_is_not_heard_of_stops_typing() {
        let lasts = Duration::from_millis(300);
        let presence = Presence::lasting(lasts);
        let mut here = listen(&presence, 1, 2);
        let began = Instant::now();
        presence.tell(typing(1, 2, 5, true));
        assert_eq!(here.next().await, Some(typing(1, 2, 5, true)));
        tokio::time::sleep(Duration::from_millis(200)).await;
        presence.tell(typing(1, 2, 5, true));
        presence.tell(typing(1, 2, 6, true));
        assert_eq!(here.next().await, Some(typing(1, 2, 6, true)));
        let mut stopped = [here.next().await.unwrap(), here.next().await.unwrap()];
        stopped.sort_by_key(|said| said.user);
        assert_eq!(stopped, [typing(1, 2, 5, false), typing(1, 2, 6, false)]);
        assert!(began.elapsed() >= Duration::from_millis(500), "saying it again prolongs it");
    }

    #[test]
    fn a_rate_has_a_burst_and_comes_back() {
        let now = Instant::now();
        let mut rate = Rate::full(now);
        assert_eq!((0..100).filter(|_| rate.take(now)).count(), 10);
        let later = now + Duration::from_secs(1);
        assert_eq!((0..100).filter(|_| rate.take(later)).count(), 5);
        assert!(!rate.is_full(later) && rate.is_full(later + Duration::from_secs(2)));
    }

    #[tokio::test]
    async fn a_rate_is_a_person_s_at_a_tenant() {
        let presence = Presence::new();
        let accepted = (0..100).filter(|n| presence.tell(typing(1, *n, 5, true))).count();
        assert!((10..20).contains(&accepted), "{accepted}");
        assert!(presence.tell(typing(1, 2, 6, true)), "another person");
        assert!(presence.tell(typing(2, 2, 5, true)), "the same id at another tenant");
    }

    #[tokio::test]
    async fn the_outbox_holds_the_newest_and_is_bounded() {
        let presence = Presence::new();
        presence.tell(typing(1, 2, 5, true));
        presence.tell(typing(1, 2, 5, false));
        presence.heard(typing(1, 2, 6, true));
        assert_eq!(presence.take().await, [typing(1, 2, 5, false)]);
        for user in 0..2_000 {
            presence.tell(typing(1, 2, user, true));
        }
        assert_eq!(presence.take().await.len(), MAX_OUTBOX);
        let empty = tokio::time::timeout(Duration::from_millis(50), presence.take()).await;
        assert!(empty.is_err());
    }
}
