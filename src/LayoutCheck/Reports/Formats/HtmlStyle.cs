namespace LayoutCheck.Reports.Formats;

/// <summary>
/// The style sheets of pages and pictures. Every pair of text and ground has a contrast of 4.5 at least, in both schemes; tests/formats/browser computes it.
/// </summary>
internal static class HtmlStyle
{
    // The colours of a picture, in light and in dark.
    private const string Light = """
        --ground:#fff;--ink:#1b1d21;--quiet:#565c66;--rule:#d3d7de;--soft:#f4f5f7;--link:#0b57d0;--good:#17652b;--bad:#a5001e;--open:#7a4700;
        --word:#e8eaee;--list:#cde1fb;--pointer:#d6efd5;--part:#eedbf4;--tag:#9c3900;--ontag:#fff;--column:#ffe2a8;--oncolumn:#8a3200;--edge:#626a76;--grid:#c6cbd3;--hatch:#b4bac4;
        """;

    private const string Dark = """
        --ground:#15171b;--ink:#eceef1;--quiet:#b0b6c0;--rule:#3a3f48;--soft:#1f2228;--link:#8ab8ff;--good:#83d896;--bad:#ff98a1;--open:#ffc86b;
        --word:#343942;--list:#1f416b;--pointer:#1f4b2c;--part:#4d2d59;--tag:#ffad66;--ontag:#201000;--column:#4b3a10;--oncolumn:#ffc278;--edge:#97a0ae;--grid:#474d58;--hatch:#5b626e;
        """;

    // What a map consists of; the classes are those of StructMapSvg.
    private const string Map = """
        svg.map{font-family:ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;font-size:12.5px;fill:var(--ink)}
        .map text{text-anchor:middle}.map .name{font-weight:bold;text-anchor:end;font-size:13px}.map .size{text-anchor:end;font-size:11px;fill:var(--quiet)}
        .map .caption{text-anchor:start;font-weight:bold;font-size:13px}.map .tick{font-size:11px;fill:var(--quiet)}.map .head{font-size:12px;font-weight:bold;fill:var(--oncolumn)}.map .small{font-size:10px}.map .beside{text-anchor:start;font-size:10px;paint-order:stroke;stroke:var(--ground);stroke-width:3px;stroke-linejoin:round}
        .map .column{fill:var(--column)}.map .grid{stroke:var(--grid);stroke-dasharray:2 3}.map .bracket{fill:none;stroke:var(--edge);stroke-width:2}
        .map rect.box{stroke:var(--edge);stroke-width:1}.map .word{fill:var(--word)}.map .list{fill:var(--list)}.map .pointer{fill:var(--pointer)}.map .part{fill:var(--part)}
        .map .tag{fill:var(--tag)}.map rect.tag{stroke:var(--tag)}.map text.ontag{fill:var(--ontag);font-weight:bold}.map text.taghint{font-weight:bold}
        .map rect.pad{fill:var(--ground);stroke-dasharray:4 3}.map text.onpad{fill:var(--quiet)}.map rect.hole{fill:var(--ground);stroke:none}.map .hatch{stroke:var(--hatch);stroke-width:1}
        .map text.onhole{fill:var(--quiet);paint-order:stroke;stroke:var(--ground);stroke-width:4px;stroke-linejoin:round}
        .map rect.wrong{fill:var(--ground);stroke:var(--bad);stroke-width:3}.map rect.asked{stroke:var(--ink);stroke-width:3}.map text.wrong{fill:var(--bad);font-weight:bold}.map text.demand{fill:var(--bad);font-weight:bold;font-size:11px;paint-order:stroke;stroke:var(--ground);stroke-width:3px;stroke-linejoin:round}.map text.after{text-anchor:start}.map text.before{text-anchor:end}.map text.key{text-anchor:start;font-size:11px}.map .ground{fill:var(--ground)}
        """;

    private const string Body = """
        *{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,"Segoe UI","DejaVu Sans",sans-serif}
        main{max-width:1240px;margin:0 auto;padding:16px}h1{font-size:1.5rem;line-height:1.3;margin:.4em 0}h2{font-size:1.2rem;margin:1.6em 0 .4em}h3{font-size:1rem;margin:1.2em 0 .3em}
        h1,h2,h3,p,li,dd,summary,td,th,caption{overflow-wrap:anywhere}code,pre,.code{font-family:ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;font-size:.9em}
        a{color:var(--link)}a:focus-visible,summary:focus-visible,[tabindex]:focus-visible{outline:3px solid var(--link);outline-offset:2px}
        .quiet{color:var(--quiet)}.badge{display:inline-block;border:2px solid;border-radius:6px;padding:.05em .6em;margin-right:.4em;letter-spacing:.02em}
        .good{color:var(--good)}.bad{color:var(--bad)}.open{color:var(--open)}.none{color:var(--quiet)}.number{text-align:right;font-variant-numeric:tabular-nums}
        .scroll{overflow-x:auto;margin:.6em 0}table{border-collapse:collapse;font-size:.92em}caption{text-align:left;font-weight:bold;padding:.3em 0}
        th,td{border:1px solid var(--rule);padding:.25em .55em;text-align:left;vertical-align:top;min-width:4em}thead th{background:var(--soft)}tbody th{font-weight:normal}
        .layout th,.layout td{padding:.12em .5em}.layout tbody th,.layout td:nth-child(3){text-align:right;font-variant-numeric:tabular-nums}.layout td:nth-child(2),.layout td:nth-child(4){font-family:ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;font-size:.9em}
        td.bad,td.good,td.open,th.bad{font-weight:bold}details{margin:.4em 0}summary{cursor:pointer;color:var(--link)}summary .badge{font-size:.85em}summary .rule{color:var(--ink)}
        .card{border-left:4px solid var(--rule);padding:.1em 0 .1em .9em;margin:1em 0}.card.bad{border-color:var(--bad);color:inherit}.card.open{border-color:var(--open);color:inherit}
        dl{display:grid;grid-template-columns:max-content 1fr;gap:.15em 1em;margin:.5em 0}dt{color:var(--quiet)}dd{margin:0;min-width:0}
        ul.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.3em 1.3em;padding:0;margin:.6em 0;font-size:.88em}ul.legend li{display:flex;align-items:center;gap:.5em}ul.legend svg{flex:none}
        .picture{overflow-x:auto;margin:.4em 0}.picture svg.map{display:block;max-width:max(100%,56rem);height:auto}
        @media (max-width:520px){main{padding:10px}h1{font-size:1.2rem}dl{display:block}dd{margin:0 0 .4em}}
        @page{size:A4;margin:10mm}
        @media print{body{font-size:11px}main{max-width:none;padding:0}h1{font-size:17px}h2{font-size:14px;break-after:avoid}.front{break-after:page}.picture,.scroll{overflow:visible}
        .picture svg.map{width:100%;height:auto;max-height:165mm}tr,.card{break-inside:avoid}a{color:inherit;text-decoration:none}}
        """;

    private const string Schemes = ":root{" + Light + "}\n@media screen and (prefers-color-scheme:dark){:root{" + Dark + "}}";

    /// <summary>The style sheet of a page, with its pictures.</summary>
    public const string Page = $"\n{Schemes}\n{Body}\n{Map}\n";

    /// <summary>The style sheet of a picture by itself.</summary>
    public const string Picture = $"\n{Schemes}\n{Map}\n";
}
