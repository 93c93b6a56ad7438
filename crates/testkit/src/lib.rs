//! For tests only: a whole registry in a temporary folder, images to push into it, and a clock that
//! moves when it is told to.

mod clock;
mod image;
mod rig;

pub use clock::ManualClock;
pub use image::{SampleImage, SampleIndex};
pub use rig::{Ask, Reply, Rig, RigOptions};
