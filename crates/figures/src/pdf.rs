use std::collections::BTreeSet;

use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

use crate::Certificate;
use crate::font::{self, win_ansi};
use crate::palette::Color;
use crate::scene::{Anchor, Fill, Scene, Shape, Stroke};

const CATALOG: Ref = Ref::new(1);
const PAGES: Ref = Ref::new(2);
const PAGE: Ref = Ref::new(3);
const FONT: Ref = Ref::new(4);
const CONTENT: Ref = Ref::new(5);
const METADATA: Ref = Ref::new(6);
const INFO: Ref = Ref::new(7);
/// The first of the graphics states, one for each opacity.
const STATES: i32 = 8;
const FONT_NAME: Name<'static> = Name(b"F1");

/// Writes a scene as a PDF document with one page of its size.
pub(crate) fn write(scene: &Scene, certificate: &Certificate) -> Vec<u8> {
    let opacities = opacities(scene);
    let mut pdf = Pdf::new();
    pdf.catalog(CATALOG).pages(PAGES).metadata(METADATA);
    pdf.pages(PAGES).kids([PAGE]).count(1);
    let mut page = pdf.page(PAGE);
    page.media_box(Rect::new(0.0, 0.0, scene.width as f32, scene.height as f32));
    page.parent(PAGES);
    page.contents(CONTENT);
    let mut resources = page.resources();
    resources.fonts().pair(FONT_NAME, FONT);
    let mut states = resources.ext_g_states();
    for (index, opacity) in (0..).zip(&opacities) {
        states.pair(Name(state_name(*opacity).as_bytes()), Ref::new(STATES + index));
    }
    states.finish();
    resources.finish();
    page.finish();
    pdf.type1_font(FONT)
        .base_font(Name(b"Helvetica"))
        .encoding_predefined(Name(b"WinAnsiEncoding"));
    pdf.stream(CONTENT, &content(scene));
    pdf.stream(METADATA, xmp(certificate).as_bytes())
        .pair(Name(b"Type"), Name(b"Metadata"))
        .pair(Name(b"Subtype"), Name(b"XML"));
    let mut info = pdf.document_info(INFO);
    info.title(TextStr(&scene.title)).creator(TextStr(&certificate.tool));
    info.finish();
    for (index, opacity) in (0..).zip(&opacities) {
        pdf.ext_graphics(Ref::new(STATES + index)).non_stroking_alpha(f32::from(*opacity) / 100.0);
    }
    pdf.finish()
}

fn xmp(certificate: &Certificate) -> String {
    format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
         <x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\
         <rdf:Description rdf:about=\"\" xmlns:unisono=\"urn:unisono:figure:1\">{}</rdf:Description>\
         </rdf:RDF></x:xmpmeta>\n<?xpacket end=\"r\"?>",
        certificate.element()
    )
}

fn opacities(scene: &Scene) -> BTreeSet<u8> {
    let fills = scene.shapes.iter().filter_map(|shape| match shape {
        Shape::Path { fill: Some(fill), .. } => Some(fill.opacity),
        Shape::Path { fill: None, .. } | Shape::Text { .. } => None,
    });
    fills.chain([100]).collect()
}

fn state_name(opacity: u8) -> String {
    format!("O{opacity}")
}

fn content(scene: &Scene) -> Vec<u8> {
    let mut content = Content::new();
    // From the top left, as everywhere else; text is turned back where it is shown.
    content.transform([1.0, 0.0, 0.0, -1.0, 0.0, scene.height as f32]);
    for shape in &scene.shapes {
        match shape {
            Shape::Path { points, closed, fill, stroke } => {
                draw_path(&mut content, points, *closed, *fill, stroke.as_ref());
            }
            Shape::Text { at, text, size, anchor, color, upward } => {
                let back = match anchor {
                    Anchor::Start => 0.0,
                    Anchor::Middle => 0.5,
                    Anchor::End => 1.0,
                } * font::width(text, *size);
                let (x, y) = (at[0] as f32, at[1] as f32);
                let back = back as f32;
                let matrix = if *upward {
                    [0.0, -1.0, -1.0, 0.0, x, y + back]
                } else {
                    [1.0, 0.0, 0.0, -1.0, x - back, y]
                };
                set_fill(&mut content, Fill { color: *color, opacity: 100 });
                content.begin_text();
                content.set_font(FONT_NAME, *size as f32);
                content.set_text_matrix(matrix);
                content.show(Str(&win_ansi(text)));
                content.end_text();
            }
        }
    }
    content.finish().into_vec()
}

fn draw_path(
    content: &mut Content,
    points: &[[f64; 2]],
    closed: bool,
    fill: Option<Fill>,
    stroke: Option<&Stroke>,
) {
    if let Some(fill) = fill {
        set_fill(content, fill);
    }
    if let Some(Stroke { color, width, dash }) = stroke {
        let [red, green, blue] = unit(*color);
        content.set_stroke_rgb(red, green, blue);
        content.set_line_width(*width as f32);
        content.set_dash_pattern(dash.iter().map(|&length| length as f32), 0.0);
    }
    for (index, [x, y]) in points.iter().enumerate() {
        let (x, y) = (hundredths(*x), hundredths(*y));
        if index == 0 {
            content.move_to(x, y);
        } else {
            content.line_to(x, y);
        }
    }
    if closed {
        content.close_path();
    }
    match (fill.is_some(), stroke.is_some()) {
        (true, true) => content.fill_nonzero_and_stroke(),
        (true, false) => content.fill_nonzero(),
        (false, true) => content.stroke(),
        (false, false) => content.end_path(),
    };
}

fn set_fill(content: &mut Content, Fill { color, opacity }: Fill) {
    content.set_parameters(Name(state_name(opacity).as_bytes()));
    let [red, green, blue] = unit(color);
    content.set_fill_rgb(red, green, blue);
}

fn unit(Color(red, green, blue): Color) -> [f32; 3] {
    [red, green, blue].map(|part| (f32::from(part) / 255.0 * 1_000.0).round() / 1_000.0)
}

fn hundredths(value: f64) -> f32 {
    ((value * 100.0).round() / 100.0) as f32
}
