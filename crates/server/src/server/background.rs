use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use weir_registry::{Clock, Registry};
use weir_store::Error;

use crate::health::{EVERY, Health, Part, State};

/// How often expired uploads and deleted objects are looked for. Both may live that much longer than
/// they should.
const TIDY_EVERY: Duration = Duration::from_mins(5);

/// Starts what runs beside the requests.
pub(super) fn start(
    registry: &Arc<Registry>,
    health: &Arc<Health>,
    clock: &Arc<dyn Clock>,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) {
    let (asked, told) = (Arc::clone(registry), Arc::clone(health));
    tasks.spawn(stop.clone().run_until_cancelled_owned(async move {
        loop {
            tokio::time::sleep(EVERY).await;
            ask_once(&asked, &told).await;
        }
    }));
    let (registry, now_ms) = (Arc::clone(registry), clock.now_ms());
    tasks.spawn(stop.clone().run_until_cancelled_owned(async move {
        sweep(&registry, now_ms).await;
        loop {
            match registry.expire_uploads().await {
                Ok(0) => {}
                Ok(expired) => tracing::info!(expired, "uploads nobody continued were dropped"),
                Err(error) => tracing::error!(cause = chain(&error), "expired uploads could not be dropped"),
            }
            match registry.empty_trash().await {
                Ok(0) => {}
                Ok(objects) => tracing::info!(objects, "objects that were stored twice were deleted"),
                Err(error) => tracing::error!(cause = chain(&error), "the trash could not be emptied"),
            }
            if let Err(error) = registry.empty_namespaces().await {
                tracing::error!(
                    cause = chain(&error),
                    "namespaces that are being deleted could not be emptied"
                );
            }
            tokio::time::sleep(TIDY_EVERY).await;
        }
    }));
}

/// Asks the parts how they are.
pub(super) async fn ask_once(registry: &Arc<Registry>, health: &Health) {
    let store = match registry.store().probe().await {
        Ok(()) => State::Fine,
        Err(Error::ReadOnly { .. }) => State::Degraded("read-only"),
        Err(Error::Full { .. }) => State::Degraded("full"),
        Err(error) => {
            tracing::error!(cause = chain(&error), "the store does not answer");
            State::Failed
        }
    };
    health.report(Part::Store, store);
    let asked = Arc::clone(registry);
    let records = tokio::task::spawn_blocking(move || asked.engine().repositories(None, 1)).await;
    let database = match records {
        Ok(Ok(_)) => State::Fine,
        Ok(Err(error)) => {
            tracing::error!(cause = chain(&error), "the records do not answer");
            State::Failed
        }
        Err(_) => State::Failed,
    };
    health.report(Part::Database, database);
}

/// Removes what an earlier process left half done.
async fn sweep(registry: &Registry, now_ms: u64) {
    let open = match registry.engine().open_uploads() {
        Ok(open) => open.into_iter().collect::<HashSet<_>>(),
        Err(error) => {
            tracing::error!(cause = chain(&error), "leftovers of uploads could not be looked for");
            return;
        }
    };
    match registry.store().sweep_staging(now_ms, move |id| open.contains(id)).await {
        Ok(0) => {}
        Ok(removed) => tracing::info!(removed, "leftovers of uploads were removed"),
        Err(error) => tracing::error!(cause = chain(&error), "leftovers of uploads could not be removed"),
    }
}

/// An error with everything below it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut below = error.source();
    while let Some(error) = below {
        text.push_str(": ");
        text.push_str(&error.to_string());
        below = error.source();
    }
    text
}
