using LayoutCheck;
using LayoutCheck.Layouts;
using LayoutCheck.Reports;
using LayoutCheck.Types;
var sw = System.Diagnostics.Stopwatch.StartNew();
using var image = KernelImage.Open(args[1]);
if (args[0] == "show") { var d = image.Types.FindFirst(TypeName.Parse(args[2])); if (d != null) LayoutText.Write(TypeLayout.Of(d), 64, Console.Out); Console.Error.WriteLine(d?.Units[0]); }
else { var s = image.Types.FindAll(args[3..].Select(TypeName.Parse).ToArray(), int.Parse(args[2])); foreach (var x in s.Sets) { Console.WriteLine($"{x.Name} {x.DefinitionCount} {x.Distinct.Length} {x.DeclarationCount}"); 
 } Console.WriteLine(s.Facts.Format + " " + string.Join(";", s.Facts.Languages) + " " + s.Facts.Producers.Length); }
Console.Error.WriteLine(sw.ElapsedMilliseconds);
