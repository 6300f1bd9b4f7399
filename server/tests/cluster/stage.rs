//! Tests that share what is dear to start. Each stage has one world, started by the first of its
//! tests; they take turns in it.

use std::{
    mem,
    pin::Pin,
    sync::{Arc, Mutex},
};

use libtest_mimic::{Failed, Trial};
use tokio::runtime::Handle;

use crate::world::{Kind, World};

/// A test in a world.
pub(crate) type Body = for<'a> fn(&'a World) -> Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Where a world is, before and after it was started.
#[derive(Default)]
enum Place {
    #[default]
    Empty,
    /// It could not be started. Trying again with each test would only take long.
    Ruined,
    Built(Box<World>),
}

#[derive(Clone)]
pub(crate) struct Stage {
    kind: Kind,
    runtime: Handle,
    world: Arc<Mutex<Place>>,
}

impl Stage {
    pub(crate) fn new(kind: Kind, runtime: &Handle) -> Self {
        Self {
            kind,
            runtime: runtime.clone(),
            world: Arc::default(),
        }
    }

    /// The test of that name, as one of this stage's.
    pub(crate) fn trial(&self, name: &str, body: Body) -> Trial {
        let stage = self.clone();
        let name = format!("{}::{name}", self.kind.name());
        Trial::test(name, move || stage.run(body))
    }

    fn run(&self, body: Body) -> Result<(), Failed> {
        let mut world = self.world.lock().unwrap_or_else(|poisoned| {
            // A test that failed leaves a world that others can go on in.
            self.world.clear_poison();
            poisoned.into_inner()
        });
        if matches!(*world, Place::Empty) {
            *world = Place::Ruined;
            *world = Place::Built(Box::new(self.runtime.block_on(World::start(self.kind))));
        }
        let Place::Built(world) = &*world else {
            return Err("the world did not start: see the first test of this stage".into());
        };
        self.runtime.block_on(async {
            world.begin().await;
            body(world).await;
        });
        Ok(())
    }

    /// Ends what runs, and removes what was written.
    pub(crate) fn end(self) {
        let place = self.world.lock().map(|mut place| mem::take(&mut *place));
        if let Ok(Place::Built(world)) = place {
            self.runtime.block_on(world.end());
        }
    }
}
