//! The image API over one stream of many tags, among many images with a long history: Weir against itself with one page of them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Bench, Effect, Goal, Round, Scenario, Unit, clients, power};
use crate::content::{Blob, Image, choose, seed};
use crate::drive::{Done, Load, drive, float};
use crate::failure::Failure;
use crate::image_api::{self, digest};
use crate::options::Scale;
use crate::protocol::{Check, Way, push_image, put_manifest};
use crate::report::{Figure, Reading};
use crate::servers::{Peer, Server};

const NAMESPACE: &str = "scale";
const STREAM: &str = "app";
const REPOSITORY: &str = "scale/app";
const PAGE: usize = 500;
/// Connections that fill.
const FILLERS: usize = 32;
/// Events between two looks at the clock.
const PORTION: usize = 10_000;

/// What a server holds. Event number n makes image n of tag n, counted around, so that no tag has the same image twice in a row.
#[derive(Clone, Copy, Debug)]
struct Size {
    tags: usize,
    images: usize,
    events: usize,
}

/// One page of everything.
const FEW: Size = Size { tags: PAGE, images: PAGE, events: PAGE };

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Get,
    GetImage,
    Push,
    /// `oc tag app@sha256:… app:new`, which is what `oc tag app:old app:new` sends.
    TagOfImage,
    /// `oc tag --alias app:old app:new`.
    TagOfTag,
    Page(Collection, Place),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Collection {
    StreamTags,
    Images,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    First,
    Middle,
}

pub(super) fn run(bench: &mut Bench) -> Result<(), Failure> {
    let (many, patience) = match bench.scale() {
        Scale::Quick => (Size { tags: 1000, images: 1500, events: 3000 }, Duration::from_mins(1)),
        Scale::Normal => (Size { tags: 20_000, images: 100_000, events: 300_000 }, Duration::from_mins(6)),
        Scale::Full => {
            (Size { tags: 100_000, images: 1_000_000, events: 5_000_000 }, Duration::from_hours(1))
        }
    };
    let wanted: Vec<_> =
        scenarios(bench).into_iter().filter(|(scenario, _)| bench.wants(&scenario.name)).collect();
    if wanted.is_empty() || bench.programs().of(Peer::Weir).is_none() {
        return Ok(());
    }
    let writes = if bench.scale() == Scale::Full { 24 << 30 } else { 4 << 30 };
    let field = bench.field("api-scale", &[Peer::Weir, Peer::Small], writes)?;
    let base = Image::small(seed("api-scale", 0, 0));
    let mut sizes = [many, FEW];
    for ((peer, server), size) in field.lanes().into_iter().zip(&mut sizes) {
        let filled = fill_stream(server, &base, *size, patience)?;
        *size = filled.size;
        if peer == Peer::Weir {
            bench.figures.extend(filled.figures(many));
        }
    }
    let [held, few] = sizes;
    let mut note = Some(format!(
        "like all of api-scale, in a stream of {} tags and {} events among {} images; Weir small has {PAGE} of each",
        power(held.tags),
        power(held.events),
        power(held.images)
    ));
    eprintln!("  {} tags, {} images, {} events", held.tags, held.images, held.events);
    for (mut scenario, kind) in wanted {
        scenario.note = note.take();
        let (name, most) = (scenario.name.clone(), scenario.load.most);
        let tokens = match kind {
            Kind::Page(of, Place::Middle) => Some(middle(field.server(Peer::Weir), of, held)?),
            _ => None,
        };
        bench.measure(scenario, &field.lanes(), |round| {
            Ok(prepare(kind, &name, round, most, &base, [held, few], tokens.clone()))
        })?;
    }
    bench.retire(field)
}

fn scenarios(bench: &Bench) -> Vec<(Scenario, Kind)> {
    let page = |of, place| Kind::Page(of, place);
    // Writes come last: they add events to the tags, of which the small server has fewer, and tags to the stream.
    let kinds: [(&str, Kind, &[usize], Option<f64>); 9] = [
        ("GET of an imagestreamtag", Kind::Get, &[1, 8], Some(1.2)),
        ("GET of an imagestreamimage", Kind::GetImage, &[1], None),
        ("first page of 500 imagestreamtags", page(Collection::StreamTags, Place::First), &[1], None),
        (
            "page of 500 imagestreamtags in the middle",
            page(Collection::StreamTags, Place::Middle),
            &[1],
            None,
        ),
        ("first page of 500 images", page(Collection::Images, Place::First), &[1], None),
        ("page of 500 images in the middle", page(Collection::Images, Place::Middle), &[1], None),
        ("push to a tag", Kind::Push, &[1, 8], Some(1.2)),
        ("oc tag of an image", Kind::TagOfImage, &[1, 8], None),
        ("oc tag of a tag", Kind::TagOfTag, &[1, 8], None),
    ];
    let mut all = Vec::new();
    for (name, kind, levels, most) in kinds {
        for count in levels {
            let (unit, load, effect) = match kind {
                Kind::Get | Kind::GetImage => {
                    ("requests/s", Load::window(*count, bench.window(), usize::MAX), Effect::Reads)
                }
                Kind::Page(..) => {
                    ("pages/s", Load::window(*count, bench.window(), usize::MAX), Effect::Reads)
                }
                // Few, so that the small database stays one; and no longer than the window, however slow.
                Kind::Push | Kind::TagOfImage | Kind::TagOfTag => {
                    let most = bench.scale().pick(400 * count, 20);
                    ("writes/s", Load::window(*count, bench.window() * 4, most), Effect::Writes)
                }
            };
            let scenario = Scenario {
                name: format!("api-scale: {name}, {}", clients(*count)),
                unit: Unit::PerSecond(unit),
                load,
                effect,
                // The processor time too: it tells the truth when something else runs on the machine.
                goals: most
                    .map(|most| vec![Goal::Cost(Peer::Small, most), Goal::Time(Peer::Small, most)])
                    .unwrap_or_default(),
                note: None,
            };
            all.push((scenario, kind));
        }
    }
    all
}

/// The work of one round; `sizes` are those of the large and of the small server.
fn prepare<'a>(
    kind: Kind,
    name: &str,
    round: usize,
    most: usize,
    base: &Image,
    sizes: [Size; 2],
    token: Option<String>,
) -> Round<'a> {
    let scope = seed(name, round, 0);
    let pushed = if kind == Kind::Push { most } else { 0 };
    let manifests: Vec<Blob> = (0..pushed).map(|item| base.variant(&format!("{scope:x}-{item}"))).collect();
    Box::new(move |peer, client, turn| {
        let size = sizes[usize::from(peer == Peer::Small)];
        let chosen = choose((round << 32) + turn.index, size.tags);
        let made = format!("r{scope:x}-{}", turn.index);
        let stream_tags = image_api::collection(NAMESPACE, "imagestreamtags");
        let tag_from = |client: &mut _, from: &Value| {
            let target = format!("{stream_tags}/{STREAM}:{made}");
            image_api::make(client, "PUT", &target, &image_api::stream_tag(STREAM, &made, from))
        };
        match kind {
            Kind::Get => {
                let target = format!("{stream_tags}/{STREAM}:{}", tag(chosen));
                let body = image_api::get(client, &target)?;
                if turn.check == Check::Digest {
                    let shown = image_api::parse(&target, &body)?;
                    check(&target, &shown["metadata"]["name"], &json!(format!("{STREAM}:{}", tag(chosen))))?;
                }
            }
            Kind::GetImage => {
                let images = image_api::collection(NAMESPACE, "imagestreamimages");
                image_api::get(client, &format!("{images}/{STREAM}@{}", digest(chosen)))?;
            }
            Kind::Push => put_manifest(client, REPOSITORY, &tag(chosen), &manifests[turn.index])?,
            Kind::TagOfImage => {
                let image = format!("{STREAM}@{}", digest(chosen));
                tag_from(client, &json!({"kind": "ImageStreamImage", "name": image}))?;
            }
            Kind::TagOfTag => {
                let old = format!("{STREAM}:{}", tag(chosen));
                tag_from(client, &json!({"kind": "ImageStreamTag", "name": old}))?;
            }
            Kind::Page(of, _) => {
                // The small server has one page only.
                let behind = token.as_deref().filter(|_| peer == Peer::Weir);
                let body = image_api::page(client, &of.path(), PAGE, behind)?;
                if turn.check == Check::Digest {
                    let list = image_api::parse(&of.path(), &body)?;
                    check(&of.path(), &json!(list["items"].as_array().map(Vec::len)), &json!(PAGE))?;
                }
            }
        }
        Ok(Done::WHOLE)
    })
}

fn check(target: &str, got: &Value, wanted: &Value) -> Result<(), Failure> {
    if got == wanted {
        return Ok(());
    }
    Err(Failure::Answer { request: format!("GET {target}"), got: format!("{got}, not {wanted}") })
}

impl Collection {
    fn path(self) -> String {
        match self {
            Self::StreamTags => image_api::collection(NAMESPACE, "imagestreamtags"),
            Self::Images => image_api::images(),
        }
    }

    fn count(self, size: Size) -> usize {
        match self {
            Self::StreamTags => size.tags,
            Self::Images => size.images,
        }
    }
}

/// What stands for the page in the middle of a collection.
fn middle(server: Option<&Server>, of: Collection, size: Size) -> Result<String, Failure> {
    let server = server.ok_or_else(|| Failure::Setup("no server".to_owned()))?;
    let pages = of.count(size) / PAGE / 2;
    let mut client = crate::http::Client::new(server.address());
    let token = image_api::token_behind(&mut client, &of.path(), PAGE, pages.max(1))?;
    token.ok_or_else(|| Failure::Answer {
        request: format!("pages of {}", of.path()),
        got: format!("fewer than {pages} pages"),
    })
}

/// How far the filling came, and how fast.
#[derive(Debug)]
struct Filled {
    size: Size,
    took: Duration,
    /// Events per second, portion by portion.
    rates: Vec<f64>,
}

impl Filled {
    fn figures(&self, wanted: Size) -> Vec<Figure> {
        let tenth = self.rates.len().div_ceil(10);
        let figure = |name: &str, values: &[f64]| Figure {
            name: format!("api-scale: {name}, {FILLERS} clients"),
            reading: Reading::Rate("mappings/s"),
            values: values.to_vec(),
            most: None,
        };
        let reached = if self.size.events < wanted.events {
            format!(
                "**stopped after {:.0} s** with {} of {} events",
                self.took.as_secs_f64(),
                self.size.events,
                wanted.events
            )
        } else {
            format!("{} events", power(self.size.events))
        };
        vec![
            figure(&format!("filling with {reached}, the first tenth"), &self.rates[..tenth]),
            figure("the last tenth", &self.rates[self.rates.len() - tenth..]),
        ]
    }
}

/// Brings one image with its blobs, and then as many mappings as time allows.
fn fill_stream(server: &Server, base: &Image, size: Size, patience: Duration) -> Result<Filled, Failure> {
    super::fill(server, 1, &|client, _| push_image(client, REPOSITORY, "base", base, Way::Docker))?;
    let target: Arc<str> = image_api::collection(NAMESPACE, "imagestreammappings").into();
    let begun = Instant::now();
    let mut rates = Vec::new();
    let mut made = 0;
    while made < size.events && begun.elapsed() < patience {
        let portion = PORTION.min(size.events - made);
        let sample = drive(server, Load::count(FILLERS, portion), Check::Length, &|client, turn| {
            let event = made + turn.index;
            let (at, image) = (event % size.tags, event % size.images);
            let body = image_api::mapping(STREAM, &tag(at), &digest(image), image);
            image_api::make(client, "POST", &target, &body).map(|()| Done::WHOLE)
        })?;
        made += portion;
        rates.push(float(portion as u64) / sample.seconds);
        let left = begun.elapsed().as_secs_f64() / float(made as u64) * float((size.events - made) as u64);
        eprintln!("  {} of {} mappings, about {left:.0} s to go", made, size.events);
    }
    let took = begun.elapsed();
    if made < size.events {
        eprintln!(
            "  filling takes longer than {} s: stopped at {made} of {} mappings, what follows is measured with these",
            patience.as_secs(),
            size.events
        );
    }
    let reached = Size { tags: size.tags.min(made), images: size.images.min(made), events: made };
    Ok(Filled { size: reached, took, rates })
}

/// Sorts as it counts.
fn tag(at: usize) -> String {
    format!("t{at:07}")
}
