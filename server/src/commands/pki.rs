//! `shorepass pki ca|server`: a small certificate authority for trials, in files.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use identity::{clock::Clock, pki::Ca};
use secrecy::{ExposeSecret, SecretString};

use super::{Failure, clock};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a certificate authority: ca.crt for everybody, ca.key for nobody.
    Ca(Place),
    /// Make a certificate for the portal, signed by the authority in the same folder: tls.crt and
    /// tls.key.
    Server {
        #[command(flatten)]
        place: Place,
        /// A DNS name or an IP address by which clusters and browsers find the portal; repeatable.
        #[arg(long, required = true)]
        host: Vec<String>,
    },
}

#[derive(Debug, Args)]
pub(super) struct Place {
    /// The folder; it is made where it is missing.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Replace what is there already.
    #[arg(long)]
    force: bool,
}

impl Place {
    fn path(&self, name: &str) -> PathBuf {
        self.out.join(name)
    }

    /// Writes two files that belong together: neither, if one of them is there and may not go. Each
    /// appears whole or not at all, and the key first: it is of no use without its certificate.
    fn write(
        &self,
        (key_name, key): (&str, &SecretString),
        (name, text): (&str, &str),
    ) -> Result<(), Failure> {
        let names = [key_name, name];
        let there = names.iter().find(|name| self.path(name).exists());
        if let (Some(there), false) = (there, self.force) {
            let there = self.path(there);
            return Err(format!("{} exists already; --force replaces it", there.display()).into());
        }
        fs::create_dir_all(&self.out).map_err(|error| named(&self.out, &error))?;
        put(&self.path(key_name), key.expose_secret(), 0o600)?;
        put(&self.path(name), text, 0o644)
    }
}

fn put(path: &Path, text: &str, mode: u32) -> Result<(), Failure> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    let write = || -> io::Result<()> {
        // What an earlier run left behind; a new file gets the mode that is asked for.
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, path)
    };
    write().map_err(|error| named(path, &error))
}

fn named(path: &Path, error: &io::Error) -> Failure {
    format!("{}: {error}", path.display()).into()
}

pub(super) fn run(command: &Command) -> Result<(), Failure> {
    let now = clock().now();
    match command {
        Command::Ca(place) => {
            let ca = Ca::make("Shorepass trial CA", now)?;
            place.write(("ca.key", ca.key()), ("ca.crt", ca.certificate()))?;
            println!(
                "{crt} is the root of trust: browsers and API servers are told of it.\n\
                 {key} signs for it: whoever has it can pretend to be the portal.\n\n\
                 Next, the portal's own certificate, with the host of the issuer:\n  \
                 shorepass pki server --out {out} --host portal.example.com",
                crt = place.path("ca.crt").display(),
                key = place.path("ca.key").display(),
                out = place.out.display(),
            );
        }
        Command::Server { place, host } => {
            let (crt, key) = (place.path("ca.crt"), place.path("ca.key"));
            let read = |path: &Path| {
                fs::read_to_string(path).map_err(|error| -> Failure {
                    format!("{}: {error}; `shorepass pki ca` makes it", path.display()).into()
                })
            };
            let ca = Ca::read(read(&crt)?, read(&key)?.into());
            let server = ca.server(host, now)?;
            place.write(("tls.key", &server.key), ("tls.crt", &server.certificates))?;
            println!(
                "The portal can prove that it is {hosts}. In its configuration:\n\n\
                 [tls]\n\
                 cert = {cert:?}\n\
                 key = {key:?}\n\n\
                 Browsers and curl have to trust {crt}: `curl --cacert {crt} …`.\n\
                 A certificate that is made anew with --force is served within seconds.",
                hosts = host.join(", "),
                cert = absolute(&place.path("tls.crt")),
                key = absolute(&place.path("tls.key")),
                crt = crt.display(),
            );
        }
    }
    Ok(())
}

/// As the configuration needs it, wherever the portal is started.
fn absolute(path: &Path) -> String {
    let absolute = std::path::absolute(path);
    absolute
        .as_deref()
        .unwrap_or(path)
        .to_string_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use tempfile::TempDir;

    use super::*;
    use crate::{config::Tls, edge::tls};

    fn place(folder: &Path, force: bool) -> Place {
        Place {
            out: folder.join("pki"),
            force,
        }
    }

    fn server(folder: &Path, force: bool) -> Result<(), Failure> {
        run(&Command::Server {
            place: place(folder, force),
            host: vec!["id.example".into(), "127.0.0.1".into()],
        })
    }

    #[test]
    fn what_is_made_can_be_served_and_keys_are_for_their_owner_only() {
        let folder = TempDir::new().unwrap();
        let folder = folder.path();
        let missing = server(folder, false).unwrap_err().to_string();
        assert!(missing.contains("`shorepass pki ca`"), "{missing}");
        run(&Command::Ca(place(folder, false))).unwrap();
        server(folder, false).unwrap();

        let at = |name: &str| folder.join("pki").join(name);
        for (name, mode) in [
            ("ca.key", 0o600),
            ("tls.key", 0o600),
            ("ca.crt", 0o644),
            ("tls.crt", 0o644),
        ] {
            let found = fs::metadata(at(name)).unwrap().permissions().mode() & 0o777;
            assert_eq!(found & !mode, 0, "{name}: {found:o}");
        }
        let files = Tls {
            cert: at("tls.crt"),
            key: at("tls.key"),
        };
        let now = clock().now();
        assert_eq!(
            tls::problems(&files, "id.example", now),
            Vec::<String>::new()
        );
    }

    #[test]
    fn nothing_is_replaced_unless_it_may() {
        let folder = TempDir::new().unwrap();
        let folder = folder.path();
        let at = |name: &str| folder.join("pki").join(name);
        run(&Command::Ca(place(folder, false))).unwrap();
        fs::remove_file(at("ca.crt")).unwrap();
        let key = fs::read(at("ca.key")).unwrap();
        let refused = run(&Command::Ca(place(folder, false))).unwrap_err();
        assert!(refused.to_string().contains("ca.key exists already"));
        assert_eq!(fs::read(at("ca.key")).unwrap(), key);
        run(&Command::Ca(place(folder, true))).unwrap();
        assert_ne!(fs::read(at("ca.key")).unwrap(), key);
        server(folder, false).unwrap();
        assert!(server(folder, false).is_err());
        server(folder, true).unwrap();
    }
}
