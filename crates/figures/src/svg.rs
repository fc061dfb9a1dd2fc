use std::fmt::Write;

use crate::Certificate;
use crate::certificate::escape;
use crate::palette::Color;
use crate::scene::{Anchor, Scene, Shape, Stroke};

/// Writes a scene as SVG, its size in millimetres so that it is printed as large as it was meant.
pub(crate) fn write(scene: &Scene, certificate: &Certificate) -> String {
    let Scene { width, height, title, caption, shapes } = scene;
    let mm = |points: f64| points * 25.4 / 72.0;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:unisono=\"urn:unisono:figure:1\" width=\"{:.2}mm\" \
         height=\"{:.2}mm\" viewBox=\"0 0 {width:.2} {height:.2}\" role=\"img\" \
         font-family=\"Helvetica, Arial, 'Liberation Sans', sans-serif\">\n\
         <title>{}</title>\n<desc>{}</desc>\n<metadata>{}</metadata>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n",
        mm(*width),
        mm(*height),
        escape(title),
        escape(caption),
        certificate.element(),
    );
    for shape in shapes {
        write_shape(&mut out, shape);
        out.push('\n');
    }
    out.push_str("</svg>\n");
    out
}

fn write_shape(out: &mut String, shape: &Shape) {
    match shape {
        Shape::Path { points, closed, fill, stroke } => {
            out.push_str("<path d=\"");
            for (index, [x, y]) in points.iter().enumerate() {
                let _ = write!(out, "{}{x:.2} {y:.2}", if index == 0 { 'M' } else { 'L' });
            }
            out.push_str(if *closed { "Z\"" } else { "\"" });
            match fill {
                Some(fill) if fill.opacity < 100 => {
                    let opacity = f64::from(fill.opacity) / 100.0;
                    let _ = write!(out, " fill=\"{}\" fill-opacity=\"{opacity}\"", hex(fill.color));
                }
                Some(fill) => {
                    let _ = write!(out, " fill=\"{}\"", hex(fill.color));
                }
                None => out.push_str(" fill=\"none\""),
            }
            if let Some(stroke) = stroke {
                write_stroke(out, stroke);
            }
            out.push_str("/>");
        }
        Shape::Text { at: [x, y], text, size, anchor, color, upward } => {
            let _ = write!(out, "<text font-size=\"{size}\" fill=\"{}\"", hex(*color));
            match anchor {
                Anchor::Start => {}
                Anchor::Middle => out.push_str(" text-anchor=\"middle\""),
                Anchor::End => out.push_str(" text-anchor=\"end\""),
            }
            if *upward {
                let _ = write!(out, " transform=\"translate({x:.2} {y:.2}) rotate(-90)\"");
            } else {
                let _ = write!(out, " x=\"{x:.2}\" y=\"{y:.2}\"");
            }
            let _ = write!(out, ">{}</text>", escape(text));
        }
    }
}

fn write_stroke(out: &mut String, stroke: &Stroke) {
    let _ = write!(out, " stroke=\"{}\" stroke-width=\"{}\"", hex(stroke.color), stroke.width);
    if !stroke.dash.is_empty() {
        let dash: Vec<String> = stroke.dash.iter().map(f64::to_string).collect();
        let _ = write!(out, " stroke-dasharray=\"{}\"", dash.join(" "));
    }
}

fn hex(Color(red, green, blue): Color) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}
