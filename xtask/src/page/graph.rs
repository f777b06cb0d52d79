//! What is released as a graph in layers: each stands beyond what it needs, and what needs nothing comes first.
//! It must never hang or hide a node: a cycle is cut and said, and what is too much to draw is a list.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Kind, Node, section, text};

/// More nodes than these are read more easily as a list.
const DRAWN: usize = 48;
/// A layer of more nodes than these would be too broad: then the layers stand side by side.
const BROAD: usize = 4;
const HEIGHT: f64 = 46.0;

pub fn section_of(nodes: &[Node]) -> String {
    if nodes.is_empty() {
        return String::new();
    }
    let layered = Layered::of(nodes);
    let list = layered.list(nodes);
    let body = if nodes.len() > DRAWN {
        list
    } else {
        let drawing = Drawing::of(nodes, &layered).svg(nodes);
        format!("{drawing}<details><summary>The same as a list</summary>\n{list}</details>\n")
    };
    let cut = layered.cut.iter().map(|(from, to)| {
        let (from, to) = (text(&nodes[*from].name), text(&nodes[*to].name));
        format!("<p class=\"note\">Not drawn, because it closes a circle: {from} needs {to}.</p>\n")
    });
    section("graph", "What needs what", &format!("{body}{}", cut.collect::<String>()))
}

/// Who needs whom without circles, and how far above the ground each stands: as far as its longest way down.
struct Layered {
    needs: Vec<BTreeSet<usize>>,
    level: Vec<usize>,
    /// From whom to whom a need was cut, so that there is no circle.
    cut: Vec<(usize, usize)>,
}

impl Layered {
    fn of(nodes: &[Node]) -> Layered {
        let mut needs = resolved(nodes);
        let mut users = vec![Vec::new(); nodes.len()];
        for (user, needs) in needs.iter().enumerate() {
            needs.iter().for_each(|need| users[*need].push(user));
        }
        let (mut level, mut cut) = (vec![0; nodes.len()], Vec::new());
        let mut open = needs.clone();
        let mut ready: VecDeque<usize> = (0..nodes.len()).filter(|at| open[*at].is_empty()).collect();
        loop {
            while let Some(at) = ready.pop_front() {
                for user in users[at].iter().copied().filter(|user| open[*user].remove(&at)).collect::<Vec<_>>() {
                    level[user] = level[user].max(level[at] + 1);
                    if open[user].is_empty() {
                        ready.push_back(user);
                    }
                }
            }
            // What is left stands on a circle, or waits for one: whoever goes down long enough is on it.
            let down = |at: usize| open[at].first().copied();
            let Some(left) = (0..nodes.len()).find(|at| down(*at).is_some()) else { break };
            let from = (0..nodes.len()).fold(left, |at, _| down(at).unwrap_or(at));
            let Some(to) = down(from) else { break };
            open[from].remove(&to);
            needs[from].remove(&to);
            cut.push((from, to));
            if open[from].is_empty() {
                ready.push_back(from);
            }
        }
        Layered { needs, level, cut }
    }

    fn layers(&self) -> Vec<Vec<usize>> {
        let mut layers = vec![Vec::new(); self.level.iter().max().map_or(0, |top| top + 1)];
        self.level.iter().enumerate().for_each(|(at, level)| layers[*level].push(at));
        layers
    }

    /// Without the needs that other needs imply. (Levels first: what is needed is known before who needs it.)
    fn direct(&self) -> Vec<BTreeSet<usize>> {
        let mut reach = vec![BTreeSet::new(); self.needs.len()];
        for at in self.layers().into_iter().flatten() {
            let below: BTreeSet<usize> = self.needs[at].iter().flat_map(|need| reach[*need].iter().copied()).collect();
            reach[at] = &below | &self.needs[at];
        }
        let implied = |need: &usize, needs: &BTreeSet<usize>| needs.iter().any(|other| reach[*other].contains(need));
        let direct =
            self.needs.iter().map(|needs| needs.iter().copied().filter(|need| !implied(need, needs)).collect());
        direct.collect()
    }

    fn list(&self, nodes: &[Node]) -> String {
        let layers = self.layers().into_iter().enumerate().map(|(level, layer)| {
            let title = if level == 0 { "Needs nothing of this release" } else { "Needs only what stands above" };
            let items: String = layer.into_iter().map(|at| item(&nodes[at])).collect();
            format!("<li>{title}\n<ul>\n{items}</ul></li>\n")
        });
        format!("<ol class=\"layers\">\n{}</ol>\n", layers.collect::<String>())
    }
}

fn item(node: &Node) -> String {
    let needs: Vec<String> = node.needs.iter().map(|need| text(need)).collect();
    let needs = if needs.is_empty() { String::new() } else { format!(", needs {}", needs.join(", ")) };
    format!("<li><strong>{}</strong> {}{needs}</li>\n", text(&node.name), label(node))
}

/// An image has the name of the crate in it: a need of one's own name is that of somebody else who bears it.
/// What is no node is not of this release; the list still names it.
fn resolved(nodes: &[Node]) -> Vec<BTreeSet<usize>> {
    let mut named: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, node) in nodes.iter().enumerate() {
        named.entry(&node.name).or_default().push(at);
    }
    let find = |user: usize, need: &String| {
        let all = named.get(need.as_str())?;
        let others = || all.iter().filter(|at| **at != user);
        others().find(|at| matches!(nodes[**at].kind, Kind::Crate)).or(others().next()).or(all.first()).copied()
    };
    let needs =
        nodes.iter().enumerate().map(|(at, node)| node.needs.iter().filter_map(|need| find(at, need)).collect());
    needs.collect()
}

fn label(node: &Node) -> String {
    let kind = match node.kind {
        Kind::Crate => "crate",
        Kind::Wheel => "wheel",
        Kind::Image => "image",
    };
    format!("{kind} {}", text(&clipped(&node.version)))
}

fn clipped(name: &str) -> String {
    if name.chars().count() <= 28 { name.to_owned() } else { name.chars().take(27).chain(['…']).collect() }
}

/// A node, or the place where a long edge passes a layer.
struct Slot {
    node: Option<usize>,
    /// The middle, across the layer.
    at: f64,
    below: Vec<usize>,
    above: Vec<usize>,
}

struct Drawing {
    slots: Vec<Slot>,
    rows: Vec<Vec<usize>>,
    /// Layers stand side by side and not upon each other.
    lying: bool,
    /// Of a box.
    width: f64,
}

impl Drawing {
    fn of(nodes: &[Node], layered: &Layered) -> Drawing {
        let rows = layered.layers();
        let lying = rows.iter().any(|row| row.len() > BROAD);
        let slot = |node| Slot { node, at: 0.0, below: Vec::new(), above: Vec::new() };
        let slots = (0..nodes.len()).map(|at| slot(Some(at))).collect();
        let chars = nodes.iter().map(|node| clipped(&node.name).chars().count().max(label(node).chars().count()));
        let width = chars.max().unwrap_or(0).max(8) as f64 * 7.9 + 28.0;
        let mut drawing = Drawing { slots, rows, lying, width };
        for (user, needs) in layered.direct().into_iter().enumerate() {
            for need in needs {
                let mut last = need;
                for level in layered.level[need] + 1..layered.level[user] {
                    drawing.slots.push(slot(None));
                    drawing.rows[level].push(drawing.slots.len() - 1);
                    last = drawing.join(last, drawing.slots.len() - 1);
                }
                drawing.join(last, user);
            }
        }
        drawing.untangle();
        drawing
    }

    fn join(&mut self, below: usize, above: usize) -> usize {
        self.slots[below].above.push(above);
        self.slots[above].below.push(below);
        above
    }

    /// Each goes where its neighbors are, from below and from above in turn; what is equal stays as it was named.
    fn untangle(&mut self) {
        (0..self.rows.len()).for_each(|row| self.pack(row, 0.0));
        for turn in 0..6 {
            for step in 0..self.rows.len() {
                let row = if turn % 2 == 0 { step } else { self.rows.len() - 1 - step };
                let place = |slot: &usize| {
                    let slot = &self.slots[*slot];
                    let beside = if turn % 2 == 0 { &slot.below } else { &slot.above };
                    let sum: f64 = beside.iter().map(|other| self.slots[*other].at).sum();
                    if beside.is_empty() { slot.at } else { sum / beside.len() as f64 }
                };
                let mut placed: Vec<(f64, usize)> = self.rows[row].iter().map(|slot| (place(slot), *slot)).collect();
                placed.sort_by(|a, b| a.0.total_cmp(&b.0));
                let middle = placed.iter().map(|(at, _)| at).sum::<f64>() / placed.len().max(1) as f64;
                self.rows[row] = placed.into_iter().map(|(_, slot)| slot).collect();
                self.pack(row, middle);
            }
        }
    }

    /// Side by side around a middle.
    fn pack(&mut self, row: usize, middle: f64) {
        let whole: f64 = self.rows[row].iter().map(|slot| self.breadth_of(*slot)).sum();
        let mut at = middle - whole / 2.0;
        for slot in self.rows[row].clone() {
            let breadth = self.breadth_of(slot);
            self.slots[slot].at = at + breadth / 2.0;
            at += breadth;
        }
    }

    /// From where to where it reaches across.
    fn sides(&self) -> (f64, f64) {
        let reach = (0..self.slots.len()).map(|slot| (self.slots[slot].at, self.breadth_of(slot) / 2.0));
        reach.fold((0.0, 0.0), |(low, high), (at, half)| (f64::min(low, at - half), f64::max(high, at + half)))
    }

    fn breadth_of(&self, slot: usize) -> f64 {
        match (self.slots[slot].node, self.lying) {
            (None, _) => 28.0,
            (Some(_), true) => HEIGHT + 14.0,
            (Some(_), false) => self.width + 24.0,
        }
    }

    fn svg(&self, nodes: &[Node]) -> String {
        let (low, high) = self.sides();
        let across = high - low;
        let (thick, gap) = if self.lying { (self.width, 64.0) } else { (HEIGHT, 40.0) };
        let deep = self.rows.len() as f64 * (thick + gap) - gap + 4.0;
        // From the ground and the lower side to the page.
        let point = |up: f64, at: f64| {
            if self.lying { (up + 2.0, at - low) } else { (at - low, deep - up - 2.0) }
        };
        let (mut edges, mut boxes) = (String::new(), String::new());
        for (row, slots) in self.rows.iter().enumerate() {
            let ground = row as f64 * (thick + gap);
            for slot in slots.iter().map(|slot| &self.slots[*slot]) {
                for above in &slot.above {
                    let to = self.slots[*above].at;
                    let (from, next) = (ground + thick, ground + thick + gap);
                    let [a, b, c, d] =
                        [(from, slot.at), (from + gap / 2.0, slot.at), (next - gap / 2.0, to), (next, to)]
                            .map(|(up, at)| point(up, at))
                            .map(|(x, y)| format!("{x:.1} {y:.1}"));
                    edges += &format!("<path d=\"M{a} C{b} {c} {d}\"/>\n");
                }
                let (x, y) = point(ground + thick / 2.0, slot.at);
                match slot.node {
                    Some(at) => boxes += &self.boxed(&nodes[at], x, y),
                    None => {
                        let ((x, y), (to_x, to_y)) = (point(ground, slot.at), point(ground + thick, slot.at));
                        edges += &format!("<path d=\"M{x:.1} {y:.1} L{to_x:.1} {to_y:.1}\"/>\n");
                    }
                }
            }
        }
        let (w, h) = if self.lying { (deep, across) } else { (across, deep) };
        // It may shrink to what is still readable, then it scrolls.
        let least = w * 0.75;
        let (side, way) = if self.lying { ("to the right of", "left") } else { ("above", "bottom") };
        format!(
            "<figure>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Graph\">\n\
             <svg viewBox=\"0 0 {w:.0} {h:.0}\" width=\"{w:.0}\" height=\"{h:.0}\" style=\"min-width:{least:.0}px\" \
             role=\"img\" aria-labelledby=\"drawn\">\n\
             <g class=\"edges\">\n{edges}</g>\n{boxes}</svg>\n</div>\n\
             <figcaption id=\"drawn\">Each stands {side} what it needs; what needs nothing is at the {way}. \
             A need that another one implies is not drawn. Crates are boxes, wheels are round, images are pointed.\
             </figcaption>\n</figure>\n"
        )
    }

    fn boxed(&self, node: &Node, x: f64, y: f64) -> String {
        let (w, h) = (self.width / 2.0, HEIGHT / 2.0);
        let (left, top, right, low) = (x - w, y - h, x + w, y + h);
        let rounded = |by: f64| {
            format!(
                "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{HEIGHT}\" rx=\"{by}\"/>",
                self.width
            )
        };
        let shape = match node.kind {
            Kind::Crate => rounded(4.0),
            Kind::Wheel => rounded(h),
            Kind::Image => {
                let (from, to) = (left + 12.0, right - 12.0);
                let upper = format!("{left:.1},{y:.1} {from:.1},{top:.1} {to:.1},{top:.1}");
                format!("<polygon points=\"{upper} {right:.1},{y:.1} {to:.1},{low:.1} {from:.1},{low:.1}\"/>")
            }
        };
        let (name, label) = (text(&clipped(&node.name)), label(node));
        format!(
            "<g><title>{}</title>{shape}<text x=\"{x:.1}\" y=\"{:.1}\">{name}</text>\
             <text class=\"label\" x=\"{x:.1}\" y=\"{:.1}\">{label}</text></g>\n",
            text(&node.name),
            y - 3.0,
            y + 14.0
        )
    }
}
