System.Console.WriteLine("layoutcheck");
