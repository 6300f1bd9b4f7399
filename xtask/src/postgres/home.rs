//! A Postgres's files: where they are, who may use them now, how they begin.
//!
//! They are below `.dev`, or below `/var/tmp` where the database's user cannot enter the clone.
//! `initdb` works beside its destination, so that half a database never looks like one.

use std::{
    fs::{self, DirBuilder},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, anyhow, bail};
use rustix::process::geteuid;

use super::{Purpose, account::Account, leftover, program::Program};
use crate::{child, fingerprint::Fingerprint, lock::Lock, private, repo::Repo};

pub(crate) struct Home {
    purpose: Purpose,
    program: Program,
    account: Account,
    data: PathBuf,
    password: String,
    _lock: Lock,
}

impl Home {
    /// Takes the files for this process alone. Comes before long work, so that a second
    /// `make run` says at once that there is a first.
    pub(crate) fn claim(repo: &Repo, purpose: Purpose) -> Result<Self> {
        let dev = repo.dev()?;
        let lock = lock(&dev, purpose)?;
        let account = Account::find()?;
        let parent = parent(repo, &account)?;
        let data = parent.join(purpose.folder());
        let program = program_for(&data)?;
        let password = password(&dev.join(format!("{}.password", purpose.folder())), &data)?;
        Ok(Self {
            purpose,
            program,
            account,
            data,
            password,
            _lock: lock,
        })
    }

    /// Makes the files unless they are there.
    pub(super) fn ensure(&self) -> Result<()> {
        if self.data.exists() {
            return Ok(());
        }
        let draft = self.data.with_extension("draft");
        let secret = self.data.with_extension("secret");
        if draft.exists() {
            fs::remove_dir_all(&draft)?;
        }
        DirBuilder::new().mode(0o700).create(&draft)?;
        private::write(&secret, &self.password)?;
        self.account.give(&draft)?;
        self.account.give(&secret)?;
        let mut initdb = self.account.command(self.program.path("initdb"));
        initdb.args(["--username=shorepass", "--encoding=UTF8", "--locale=C"]);
        initdb.args(["--auth=scram-sha-256", "--no-instructions"]);
        initdb
            .arg("--pgdata")
            .arg(&draft)
            .arg("--pwfile")
            .arg(&secret);
        let made = child::quiet(&mut initdb);
        fs::remove_file(&secret)?;
        made?;
        Ok(fs::rename(&draft, &self.data)?)
    }

    pub(super) fn purpose(&self) -> Purpose {
        self.purpose
    }

    pub(super) fn program(&self) -> &Program {
        &self.program
    }

    pub(super) fn account(&self) -> &Account {
        &self.account
    }

    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    pub(super) fn password(&self) -> &str {
        &self.password
    }
}

/// Ends a server that was left behind and removes its files, wherever they are.
pub(crate) fn remove(repo: &Repo, purpose: Purpose) -> Result<()> {
    let dev = repo.dev()?;
    let _lock = lock(&dev, purpose)?;
    // What somebody else put in /var/tmp under our name is not ours to follow or remove.
    let elsewhere = Some(elsewhere(repo))
        .filter(|parent| fs::symlink_metadata(parent).is_ok_and(|found| is_ours(&found)));
    for parent in [Some(dev), elsewhere].into_iter().flatten() {
        let data = parent.join(purpose.folder());
        if data.exists() {
            leftover::stop(&data)?;
            fs::remove_dir_all(&data)
                .with_context(|| format!("{} cannot be removed", data.display()))?;
        }
    }
    Ok(())
}

fn lock(dev: &Path, purpose: Purpose) -> Result<Lock> {
    Lock::take(
        &dev.join(format!("{}.lock", purpose.folder())),
        purpose.busy(),
    )
}

/// Where this clone's files are when the clone itself will not do.
pub(crate) fn elsewhere(repo: &Repo) -> PathBuf {
    let mut fingerprint = Fingerprint::new();
    fingerprint.add(repo.root().as_os_str().as_encoded_bytes());
    Path::new("/var/tmp").join(format!("shorepass-{}", fingerprint.hex()))
}

fn parent(repo: &Repo, account: &Account) -> Result<PathBuf> {
    let dev = repo.dev()?;
    if account.can_enter(&dev) {
        return Ok(dev);
    }
    let parent = elsewhere(repo);
    // Everybody may write in /var/tmp, so what is there already must be ours.
    if let Err(error) = DirBuilder::new().mode(0o755).create(&parent) {
        let found = fs::symlink_metadata(&parent).map_err(|_| error)?;
        if !is_ours(&found) {
            bail!(
                "{} is in the way: it belongs to somebody else",
                parent.display()
            );
        }
    }
    Ok(parent)
}

/// A folder of this user that nobody else can write in.
fn is_ours(found: &fs::Metadata) -> bool {
    found.is_dir() && found.uid() == geteuid().as_raw() && found.mode() & 0o022 == 0
}

/// Files can be used only by the major version that made them.
fn program_for(data: &Path) -> Result<Program> {
    match fs::read_to_string(data.join("PG_VERSION")) {
        Ok(version) => Program::find(version.trim().parse().ok()).ok_or_else(|| {
            let version = version.trim();
            anyhow!("the database was made by PostgreSQL {version}, which is gone: `make clean`")
        }),
        Err(_) => Program::find(None).context("PostgreSQL 14 or newer is missing"),
    }
}

fn password(path: &Path, data: &Path) -> Result<String> {
    if let Ok(password) = fs::read_to_string(path) {
        return Ok(password);
    }
    if data.exists() {
        bail!(
            "{} is gone, and the database with it: `make clean`",
            path.display()
        );
    }
    let password = private::password()?;
    private::write(path, &password)?;
    Ok(password)
}
