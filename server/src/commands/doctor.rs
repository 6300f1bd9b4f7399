//! `shorepass doctor`: the token doctor of the page `/doctor`, and beside it whether an API server
//! reaches what it needs of the portal.

use std::{
    fs::File,
    io::{Read, stdin},
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;
use domain::{
    check,
    doctor::{Diagnosis, Explained, Report, Verdict},
};
use identity::{
    Portal,
    clock::SystemClock,
    cluster::{
        self,
        check::{Half, half},
    },
    doctor,
    operator::Operator,
};

use super::{Failure, pool};
use crate::{config::Config, state};

/// The most that is read, in bytes.
const MOST: u64 = 64 * 1024;

/// What to look at.
#[derive(Debug, Args)]
pub(super) struct Asked {
    /// The cluster whose API server is to take the token; needed where there are several.
    #[arg(long, value_name = "NAME")]
    cluster: Option<String>,
    /// A file with a token, or with what kubectl says; `-` is standard input. Without one, only
    /// discovery and keys are looked at.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

/// Fails where something is not in order.
pub(super) async fn run(config: &Config, asked: &Asked) -> Result<(), Failure> {
    let pool = pool(config).await?;
    let portal = state::portal(config, pool, Arc::new(SystemClock)).await?;
    let name = chosen(&portal, asked.cluster.as_deref()).await?;
    let operator = Operator::at_the_command_line();
    let authority = config.authority()?;
    let found = half(&portal, &operator, &name, authority.as_ref(), Half::Portal).await?;
    let mut in_order = true;
    println!("The portal, as the API server of {name} reaches it from here:");
    for finding in found {
        let title = finding.line.title();
        in_order &= finding.is_good();
        match finding.verdict {
            check::Verdict::Good(seen) => say("ok", title, &[&seen]),
            check::Verdict::Bad { problem, cure } => say("BAD", title, &[&problem, &cure]),
            check::Verdict::Open => say("-", title, &[]),
        }
    }
    if let Some(path) = &asked.token_file {
        let text = read(path)?;
        println!();
        in_order &= match doctor::look(&portal, &name, &text).await? {
            Diagnosis::Token(report) => token(&report),
            Diagnosis::Words(words) => explain(&words),
            Diagnosis::Secret(secret) => {
                let (what, cure) = secret.explained();
                println!("{what}\n{cure}");
                false
            }
            Diagnosis::Unknown => return Err("these words are not known here".into()),
            Diagnosis::Nothing => return Err("there is nothing in it".into()),
            Diagnosis::TooLong => return Err("no token is that long".into()),
        };
    }
    if in_order {
        Ok(())
    } else {
        Err("something is not in order".into())
    }
}

async fn chosen(portal: &Portal, named: Option<&str>) -> Result<String, Failure> {
    let mut conn = portal.pool.acquire().await?;
    let names = cluster::store::names(&mut conn).await?;
    match (named, names.as_slice()) {
        (Some(name), names) if names.iter().any(|known| known == name) => Ok(name.to_owned()),
        (Some(name), _) => Err(format!("there is no cluster `{name}`").into()),
        (None, [only]) => Ok(only.clone()),
        (None, []) => Err("no cluster is connected yet: shorepass cluster add".into()),
        (None, names) => Err(format!("--cluster is missing: {}", names.join(", ")).into()),
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        stdin().take(MOST).read_to_string(&mut text)
    } else {
        File::open(path).and_then(|file| file.take(MOST).read_to_string(&mut text))
    };
    match read {
        Ok(_) => Ok(text),
        Err(error) => Err(format!("{}: {error}", path.display()).into()),
    }
}

fn say(word: &str, title: &str, lines: &[&str]) {
    println!("{word:<5} {title}");
    for line in lines {
        println!("      {line}");
    }
}

/// Says what was found; whether the API server takes the token.
fn token(report: &Report) -> bool {
    let takes = if report.is_good() { "takes" } else { "refuses" };
    println!("The API server of {} {takes} the token:", report.cluster);
    for finding in &report.findings {
        let title = finding.check.title();
        match &finding.verdict {
            Verdict::Good(seen) => say("ok", title, &[seen]),
            Verdict::Careful { problem, cure } => say("care", title, &[problem, cure]),
            Verdict::Bad { problem, log, cure } => {
                let log = log.as_ref().map(|log| format!("its log says: {log}"));
                let lines: Vec<_> = [Some(problem), log.as_ref(), Some(cure)]
                    .into_iter()
                    .flatten()
                    .map(String::as_str)
                    .collect();
                say("BAD", title, &lines);
            }
            Verdict::Open => say("-", title, &[]),
        }
    }
    if let Some(seen) = &report.seen_as {
        println!(
            "\nIt takes its bearer for {} in {}.",
            seen.user,
            seen.groups.join(", ")
        );
    }
    report.is_good()
}

/// Says what words mean. They are an error's, so nothing is in order.
fn explain(words: &Explained) -> bool {
    println!("{}\n{}", words.title, words.meaning);
    for (number, step) in (1..).zip(&words.steps) {
        println!("{number}. {step}");
    }
    false
}
