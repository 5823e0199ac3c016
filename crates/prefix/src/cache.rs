//! Memory and disk together: what the worker asks.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use ports::CacheUse;
use stdx::{Clock, Rng};

use super::folder::Folder;
use super::owner::Owner;
use super::tree::{Sketch, Tree};
use super::unit::{Key, Unit};
use super::writer::Writer;

/// Members' units that were not used for so long are removed when the model is loaded.
const KEEP: Duration = Duration::from_secs(7 * 24 * 3600);

/// Where units are kept, and how many.
pub struct CacheOptions {
    /// The model's folder; without one nothing outlives the worker.
    pub folder: Option<PathBuf>,
    /// Everything, apart from tokens, that states depend on.
    pub identity: String,
    /// The most bytes in memory.
    pub memory_bytes: u64,
    /// The most bytes on disk.
    pub disk_bytes: u64,
}

/// The units of one model. Clones share them.
#[derive(Clone, Debug)]
pub struct PrefixCache {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    root: Key,
    tree: Mutex<Tree>,
    folder: Option<Folder>,
    /// Makes owners' tags.
    secret: [u8; 32],
    memory_bytes: u64,
    disk_bytes: u64,
    clock: Arc<dyn Clock>,
    prompt_tokens: AtomicU64,
    cached_tokens: AtomicU64,
    /// In microseconds.
    longest_save: AtomicU64,
    writer: Writer,
}

impl PrefixCache {
    /// Opens the cache and finds out what is on disk. A folder that cannot be used is said to the log, and the cache
    /// does without.
    pub fn open(options: CacheOptions, clock: Arc<dyn Clock>, rng: &dyn Rng) -> Self {
        let root = Key::root(&options.identity);
        let folder = options.folder.and_then(|path| match Folder::open(&path, root, rng) {
            Ok(folder) => Some(folder),
            Err(error) => {
                eprintln!("Computed prompts cannot be kept on disk: {error}");
                None
            }
        });
        let mut secret = [0; 32];
        match &folder {
            Some(folder) => secret = *folder.secret(),
            None => rng.fill(&mut secret),
        }
        let shared = Arc::new(Shared {
            root,
            tree: Mutex::default(),
            secret,
            memory_bytes: options.memory_bytes,
            disk_bytes: options.disk_bytes,
            clock,
            prompt_tokens: AtomicU64::new(0),
            cached_tokens: AtomicU64::new(0),
            longest_save: AtomicU64::new(0),
            writer: Writer::default(),
            folder,
        });
        shared.scan();
        if shared.folder.is_some() {
            let shared_by_thread = Arc::downgrade(&shared);
            shared.writer.start(move |unit| {
                if let Some(shared) = shared_by_thread.upgrade() {
                    shared.write(unit);
                }
            });
        }
        Self { shared }
    }

    /// What every first unit follows that was computed by the model alone.
    pub fn root(&self) -> Key {
        self.shared.root
    }

    /// The owner with this scope.
    pub fn owner(&self, scope: &str) -> Owner {
        Owner::member(&self.shared.secret, scope)
    }

    /// The units behind a root that cover most of a prompt for somebody, from its beginning; from disk where they must.
    /// May take the time of reading some files; the thread that computes takes the [`path`](Self::path), which is then in
    /// memory.
    pub fn fetch(&self, root: Key, prompt: &[i32], scope: Option<&str>) -> Vec<Arc<Unit>> {
        self.shared.walk(root, prompt, scope, |key| self.shared.unit(key))
    }

    /// The units that cover most of a prompt for somebody, as far as they are in memory.
    pub fn path(&self, root: Key, prompt: &[i32], scope: Option<&str>) -> Vec<Arc<Unit>> {
        self.shared.walk(root, prompt, scope, |key| self.shared.tree().in_memory(key))
    }

    /// How many tokens of a prompt everybody's units cover without an adapter, in memory or on disk.
    pub fn reach(&self, prompt: &[i32]) -> usize {
        let mut tree = self.shared.tree();
        let last = tree.find(self.shared.root, prompt, None).last().copied();
        last.and_then(|key| tree.end(key)).unwrap_or(0)
    }

    /// Whether a unit is there already.
    pub fn contains(&self, key: Key) -> bool {
        self.shared.tree().contains(key)
    }

    /// Keeps a unit in memory and has it written to disk by and by.
    pub fn keep(&self, unit: Unit) {
        let unit = Arc::new(unit);
        self.shared.keep(&unit);
        self.shared.writer.offer(unit);
    }

    /// Drops a unit that turned out to be of no use, and all that follow it.
    pub fn discard(&self, key: Key) {
        let files = self.shared.tree().remove(key);
        self.shared.delete(files);
    }

    /// Drops all units of one member.
    pub fn forget(&self, scope: &str) {
        let files = self.shared.tree().remove_owner(self.owner(scope));
        self.shared.delete(files);
    }

    /// Counts a prompt and how much of it was there already.
    pub fn count(&self, prompt: usize, cached: usize) {
        let count = |counter: &AtomicU64, n: usize| {
            counter.fetch_add(u64::try_from(n).unwrap_or(u64::MAX), Ordering::Relaxed)
        };
        count(&self.shared.prompt_tokens, prompt);
        count(&self.shared.cached_tokens, cached);
    }

    /// Notes that saving has held up the computation for so long.
    pub fn held_up(&self, span: Duration) {
        let micros = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
        self.shared.longest_save.fetch_max(micros, Ordering::Relaxed);
    }

    /// What there is.
    pub fn usage(&self) -> CacheUse {
        let (memory, disk) = {
            let tree = self.shared.tree();
            (tree.memory(), tree.disk())
        };
        CacheUse {
            memory,
            disk,
            prompt_tokens: self.shared.prompt_tokens.load(Ordering::Relaxed),
            cached_tokens: self.shared.cached_tokens.load(Ordering::Relaxed),
            longest_save_micros: self.shared.longest_save.load(Ordering::Relaxed),
        }
    }
}

impl Shared {
    fn tree(&self) -> MutexGuard<'_, Tree> {
        self.tree.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> SystemTime {
        let micros = u64::try_from(self.clock.now().as_micros()).unwrap_or(0);
        SystemTime::UNIX_EPOCH + Duration::from_micros(micros)
    }

    /// The path of units behind a root that cover a prompt, as far as `get` gives them.
    fn walk(
        &self,
        root: Key,
        prompt: &[i32],
        scope: Option<&str>,
        get: impl Fn(Key) -> Option<Arc<Unit>>,
    ) -> Vec<Arc<Unit>> {
        let reader = scope.map(|scope| Owner::member(&self.secret, scope));
        let keys = self.tree().find(root, prompt, reader);
        keys.into_iter().map_while(get).collect()
    }

    /// Takes in what is on disk.
    fn scan(&self) {
        let Some(folder) = &self.folder else { return };
        match folder.scan(self.now(), KEEP) {
            Ok(sketches) => {
                let files = {
                    let mut tree = self.tree();
                    for sketch in sketches {
                        tree.written(sketch);
                    }
                    let mut files = tree.drop_orphans();
                    files.extend(tree.shrink_disk(self.disk_bytes));
                    files
                };
                self.delete(files);
            }
            Err(error) => eprintln!("The saved prompts cannot be listed: {error}"),
        }
    }

    fn keep(&self, unit: &Arc<Unit>) {
        let files = {
            let mut tree = self.tree();
            tree.keep(unit);
            tree.shrink_memory(self.memory_bytes)
        };
        self.delete(files);
    }

    /// A unit, from disk if need be.
    fn unit(&self, key: Key) -> Option<Arc<Unit>> {
        if let Some(unit) = self.tree().in_memory(key) {
            return Some(unit);
        }
        match self.folder.as_ref()?.read(key, self.now()) {
            Ok(unit) => {
                let unit = Arc::new(unit);
                self.keep(&unit);
                Some(unit)
            }
            Err(error) => {
                eprintln!("A saved prompt is dropped: {error}");
                let files = self.tree().remove(key);
                self.delete(files);
                None
            }
        }
    }

    /// Writes a unit and makes room for it.
    fn write(&self, unit: &Unit) {
        let Some(folder) = &self.folder else { return };
        if let Err(error) = folder.write(unit) {
            eprintln!("A computed prompt is kept in memory only: {error}");
            return;
        }
        let files = {
            let mut tree = self.tree();
            tree.written(Sketch::from(unit));
            let mut files = tree.drop_orphans();
            files.extend(tree.shrink_disk(self.disk_bytes));
            files
        };
        self.delete(files);
    }

    fn delete(&self, files: Vec<Key>) {
        if let Some(folder) = &self.folder {
            for key in files {
                folder.remove(key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use stdx::{SeededRng, SystemClock};

    use super::*;
    use crate::unit::tests_support::unit;

    fn open(folder: Option<&Path>, memory_bytes: u64, disk_bytes: u64) -> PrefixCache {
        let options = CacheOptions {
            folder: folder.map(Path::to_owned),
            identity: "m".to_owned(),
            memory_bytes,
            disk_bytes,
        };
        PrefixCache::open(options, Arc::new(SystemClock::new()), &SeededRng::new(1))
    }

    fn root() -> Key {
        Key::root("m")
    }

    /// Waits until all is written.
    fn settle(cache: &PrefixCache) {
        while !cache.shared.writer.is_idle() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn keep_conversation(cache: &PrefixCache) {
        let agent = unit(cache.root(), Owner::Everybody, 0, &[1, 2]);
        let question = unit(agent.key, cache.owner("anna"), 2, &[3]);
        cache.keep(agent);
        cache.keep(question);
        settle(cache);
    }

    fn ends(units: &[Arc<Unit>]) -> Vec<usize> {
        units.iter().map(|unit| unit.end()).collect()
    }

    #[test]
    fn a_restart_finds_what_was_written() {
        let dir = tempfile::tempdir().unwrap();
        keep_conversation(&open(Some(dir.path()), 1000, 1000));
        let again = open(Some(dir.path()), 1000, 1000);
        assert_eq!(ends(&again.fetch(root(), &[1, 2, 3, 4], Some("anna"))), [2, 3]);
        assert_eq!(ends(&again.fetch(root(), &[1, 2, 3, 4], Some("bert"))), [2]);
        assert_eq!(again.usage().memory.units, 2);
    }

    #[test]
    fn without_a_folder_units_live_in_memory() {
        let cache = open(None, 1000, 1000);
        keep_conversation(&cache);
        assert_eq!(ends(&cache.fetch(root(), &[1, 2, 3, 4], Some("anna"))), [2, 3]);
        assert_eq!(cache.usage().disk.units, 0);
    }

    #[test]
    fn what_memory_gives_up_comes_back_from_disk() {
        let dir = tempfile::tempdir().unwrap();
        let cache = open(Some(dir.path()), 0, 1000);
        keep_conversation(&cache);
        assert_eq!(cache.usage().memory.units, 0);
        assert_eq!(ends(&cache.fetch(root(), &[1, 2, 3, 4], Some("anna"))), [2, 3]);
    }

    #[test]
    fn a_damaged_file_is_a_miss_and_goes() {
        let dir = tempfile::tempdir().unwrap();
        let cache = open(Some(dir.path()), 0, 1000);
        keep_conversation(&cache);
        let folder = std::fs::read_dir(dir.path()).unwrap().flatten().find(|e| e.path().is_dir()).unwrap();
        for entry in std::fs::read_dir(folder.path()).unwrap().flatten() {
            let mut bytes = std::fs::read(entry.path()).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            std::fs::write(entry.path(), bytes).unwrap();
        }
        assert_eq!(ends(&cache.fetch(root(), &[1, 2, 3, 4], Some("anna"))), Vec::<usize>::new());
        assert_eq!(cache.usage(), CacheUse::default());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn the_disk_keeps_its_limit() {
        let dir = tempfile::tempdir().unwrap();
        let cache = open(Some(dir.path()), 1000, 16);
        keep_conversation(&cache);
        assert_eq!(cache.usage().disk.units, 1);
        assert_eq!(ends(&open(Some(dir.path()), 1000, 16).fetch(root(), &[1, 2, 3], Some("anna"))), [2]);
    }

    #[test]
    fn a_disk_that_takes_nothing_costs_nothing_but_the_files() {
        let dir = tempfile::tempdir().unwrap();
        let cache = open(Some(dir.path()), 1000, 1000);
        let folder = std::fs::read_dir(dir.path()).unwrap().flatten().find(|e| e.path().is_dir()).unwrap();
        std::fs::remove_dir(folder.path()).unwrap();
        keep_conversation(&cache);
        assert_eq!(ends(&cache.fetch(root(), &[1, 2, 3], Some("anna"))), [2, 3]);
        assert_eq!(cache.usage().disk.units, 0);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_done_without() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        std::fs::write(&file, b"").unwrap();
        let cache = open(Some(&file), 1000, 1000);
        keep_conversation(&cache);
        assert_eq!(ends(&cache.fetch(root(), &[1, 2, 3], Some("anna"))), [2, 3]);
    }

    #[test]
    fn a_member_is_forgotten_for_good() {
        let dir = tempfile::tempdir().unwrap();
        let cache = open(Some(dir.path()), 1000, 1000);
        keep_conversation(&cache);
        cache.forget("anna");
        assert_eq!(ends(&cache.fetch(root(), &[1, 2, 3], Some("anna"))), [2]);
        assert_eq!(ends(&open(Some(dir.path()), 1000, 1000).fetch(root(), &[1, 2, 3], Some("anna"))), [2]);
    }
}
