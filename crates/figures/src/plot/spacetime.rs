use crate::axes::{self, Entry, Frame, SMALL};
use crate::palette::{INK, Look};
use crate::scale::Ruler;
use crate::scene::{Anchor, Fill, Scene, Stroke, TextStyle};
use crate::{Axis, SpaceTime, Style, font};

pub(super) fn draw(scene: &mut Scene, top: f64, plot: &SpaceTime) {
    let mut kinds: Vec<&str> = Vec::new();
    for message in &plot.messages {
        if !kinds.contains(&message.kind.as_str()) {
            kinds.push(&message.kind);
        }
    }
    let look_of = |kind: &str| Look::of(kinds.iter().position(|known| *known == kind).unwrap_or(0));
    let entries =
        kinds.iter().map(|kind| Entry { label: kind, look: look_of(kind), style: Style::Plain });
    let entries: Vec<Entry<'_>> = entries.collect();
    let top = axes::legend(scene, top, &entries);
    let widest = plot.replicas.iter().map(|name| font::room(name, SMALL)).fold(0.0, f64::max);
    let frame = Frame {
        left: widest + 14.0,
        right: axes::right_of(scene),
        top,
        bottom: axes::floor(scene),
    };
    let ms = |us: u64| us as f64 / 1_000.0;
    let times = plot.messages.iter().flat_map(|m| [m.sent_us, m.arrived_us.unwrap_or(m.sent_us)]);
    let times = times.chain(plot.moments.iter().map(|moment| moment.at_us)).map(ms);
    let axis = Axis::linear("time (ms)");
    let x = Ruler::new(&axis, times, frame.left + 8.0, frame.right);
    axes::horizontal(scene, frame, &x, Some(&axis.label));
    let pitch = (frame.bottom - frame.top) / plot.replicas.len().max(1) as f64;
    let y = |replica: u32| frame.top + (f64::from(replica) + 0.5) * pitch;
    for (replica, name) in (0..).zip(&plot.replicas) {
        let at = [frame.left - 4.0, y(replica) + 0.35 * SMALL];
        scene.text(at, name.as_str(), TextStyle::new(SMALL, Anchor::End, INK));
        scene.line([frame.left, y(replica)], [frame.right, y(replica)], Stroke::solid(INK, 0.8));
    }
    for message in &plot.messages {
        let Some(sent) = x.place(ms(message.sent_us)) else { continue };
        let (from, to) = (y(message.from), y(message.to));
        let look = look_of(&message.kind);
        match message.arrived_us.and_then(|at| x.place(ms(at))) {
            Some(arrived) => {
                scene.line([sent, from], [arrived, to], look.stroke(0.8));
                arrow(scene, [sent, from], [arrived, to], look);
            }
            // A lost message ends on half its way, crossed out.
            None => {
                let end = [sent + 6.0, from + 0.4 * (to - from)];
                scene.line([sent, from], end, look.stroke(0.8));
                let cross = Stroke::solid(look.color, 1.0);
                let [x, y] = end;
                scene.line([x - 2.5, y - 2.5], [x + 2.5, y + 2.5], cross.clone());
                scene.line([x - 2.5, y + 2.5], [x + 2.5, y - 2.5], cross);
            }
        }
    }
    for moment in &plot.moments {
        let Some(x) = x.place(ms(moment.at_us)) else { continue };
        let at = y(moment.replica);
        let diamond = vec![[x, at - 3.5], [x + 3.5, at], [x, at + 3.5], [x - 3.5, at]];
        scene.area(diamond, Fill { color: INK, opacity: 100 }, None);
        let style = TextStyle::new(SMALL - 1.0, Anchor::Middle, INK);
        scene.text([x, at - 5.0], moment.label.as_str(), style);
    }
}

fn arrow(scene: &mut Scene, from: [f64; 2], to: [f64; 2], look: Look) {
    let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
    let length = (dx * dx + dy * dy).sqrt();
    if length < 4.0 {
        return;
    }
    let (ux, uy) = (dx / length, dy / length);
    let wing = |side: f64| [to[0] - 4.0 * ux - side * 1.6 * uy, to[1] - 4.0 * uy + side * 1.6 * ux];
    let head = vec![to, wing(1.0), wing(-1.0)];
    scene.area(head, Fill { color: look.color, opacity: 100 }, None);
}
