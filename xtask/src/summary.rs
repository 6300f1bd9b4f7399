//! How the parts of a long command ended. A failing part does not keep the next from running.

use std::env;

use anyhow::{Result, bail};

use crate::{
    step::{say, step},
    stop::{self, Stopped},
};

#[derive(Default)]
pub(crate) struct Summary {
    parts: Vec<(&'static str, Outcome)>,
}

enum Outcome {
    Passed,
    Failed(String),
    Skipped(String),
}

/// In CI nothing may be skipped.
fn in_ci() -> bool {
    env::var("CI").is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
}

impl Summary {
    pub(crate) fn part(&mut self, name: &'static str, work: impl FnOnce() -> Result<()>) {
        if stop::wished() {
            return;
        }
        let outcome = match step(name, work) {
            Ok(()) => Outcome::Passed,
            Err(error) => {
                say(&format!("    {error:#}"));
                Outcome::Failed(format!("{error:#}"))
            }
        };
        self.parts.push((name, outcome));
    }

    /// The same for a part that needs what this machine may not have.
    pub(crate) fn part_with<T>(
        &mut self,
        name: &'static str,
        needs: Result<T>,
        work: impl FnOnce(T) -> Result<()>,
    ) {
        match needs {
            Ok(needs) => self.part(name, || work(needs)),
            Err(error) if in_ci() => self.part(name, || Err(error)),
            Err(error) => self
                .parts
                .push((name, Outcome::Skipped(format!("{error:#}")))),
        }
    }

    pub(crate) fn end(self) -> Result<()> {
        if stop::wished() {
            return Err(Stopped.into());
        }
        say("");
        for (name, outcome) in &self.parts {
            match outcome {
                Outcome::Passed => say(&format!("passed   {name}")),
                Outcome::Failed(why) => say(&format!("FAILED   {name}: {why}")),
                Outcome::Skipped(why) => say(&format!("skipped  {name}: {why}")),
            }
        }
        let failed = self
            .parts
            .iter()
            .filter(|(_, end)| matches!(end, Outcome::Failed(_)))
            .count();
        if failed > 0 {
            bail!("{failed} of {} parts failed", self.parts.len());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn one_failing_part_fails_the_whole_and_the_next_part_still_runs() {
        let mut summary = Summary::default();
        let mut ran = false;
        summary.part("first", || Err(anyhow!("broken")));
        summary.part("second", || {
            ran = true;
            Ok(())
        });
        assert!(ran);
        assert_eq!(
            summary.end().err().map(|error| error.to_string()),
            Some("1 of 2 parts failed".to_owned())
        );
    }
}
