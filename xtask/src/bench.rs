//! `make bench`: figures of the release build, against a Postgres that writes as in production.

use std::{
    fs,
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};

use crate::{
    browser, child, npm,
    portal::Address,
    postgres::{Home, Postgres, Purpose},
    repo::Repo,
    setup,
    step::{say, step},
    stop,
};

/// What the first visit to `/` loads besides the page.
const FIRST_VISIT: [&str; 3] = ["shorepass_bg.wasm", "shorepass.js", "shorepass.css"];

/// Longer than any start: the first one compiles.
const PATIENCE: Duration = Duration::from_mins(30);

pub(crate) fn run(repo: &Repo) -> Result<()> {
    setup::server()?;
    let home = Home::claim(repo, Purpose::Figures)?;
    browser::build(repo)?;
    let journeys = repo.path("end2end");
    npm::install(&journeys)?;
    step("compile the server", || {
        child::run(
            repo.cargo()
                .args(["build", "--release", "--package", "server"]),
        )
    })?;
    let postgres = Postgres::start(home)?;
    step("measure the server", || {
        let mut bench = repo.cargo();
        bench.args(["bench", "--package", "server", "--bench", "figures"]);
        bench.env("DATABASE_URL", postgres.database("postgres").url());
        bench.env("OIDC_PROVIDER", journeys.join("bench-provider.mjs"));
        child::run(bench.env("SHOREPASS_BIN", repo.built("release/shorepass")?))
    })?;
    drop(postgres);
    sizes(&repo.site())?;
    time_to_listen(repo)?;
    let seconds = time_to_listen(repo)?.as_secs_f64();
    say(&format!(
        "\nsecond `make run`, from the command to a portal that is ready: {seconds:.1} s"
    ));
    Ok(())
}

fn sizes(site: &Path) -> Result<()> {
    say(&format!(
        "\n{:<20}{:>10}{:>10}{:>10}",
        "first visit, bytes", "raw", "gzip", "brotli"
    ));
    let mut total = [0; 3];
    for name in FIRST_VISIT {
        let mut row = [0; 3];
        for (column, ending) in ["", ".gz", ".br"].iter().enumerate() {
            row[column] = fs::metadata(site.join(format!("{name}{ending}")))?.len();
            total[column] += row[column];
        }
        say(&line(name, row));
    }
    say(&line("total", total));
    Ok(())
}

fn line(name: &str, [raw, gzip, brotli]: [u64; 3]) -> String {
    format!("{name:<20}{raw:>10}{gzip:>10}{brotli:>10}")
}

/// `make run` as people type it, on a port of its own, ended once it is ready.
fn time_to_listen(repo: &Repo) -> Result<Duration> {
    let address = Address::free()?;
    let begin = Instant::now();
    let mut make = Command::new("make");
    make.arg("run")
        .env("PORT", address.port().to_string())
        .current_dir(repo.root());
    let mut make = make
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .process_group(0)
        .spawn()?;
    let ready = loop {
        if address.is_ready() {
            break Ok(begin.elapsed());
        }
        if make.try_wait()?.is_some() {
            bail!("`make run` ended before the portal was ready");
        }
        if stop::wished() || begin.elapsed() > PATIENCE {
            break Err(anyhow::anyhow!("the portal is not ready"));
        }
        thread::sleep(stop::PAUSE);
    };
    child::end(&mut make, Duration::from_secs(15))?;
    ready
}
