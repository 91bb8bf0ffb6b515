using System.Text;
using LayoutCheck.IO;

namespace LayoutCheck.Tests.IO;

public sealed class Md5Tests
{
    // RFC 1321, A.5; a million letters, as md5sum has them.
    [Theory]
    [InlineData("", "d41d8cd98f00b204e9800998ecf8427e")]
    [InlineData("a", "0cc175b9c0f1b6a831c399e269772661")]
    [InlineData("abc", "900150983cd24fb0d6963f7d28e17f72")]
    [InlineData("message digest", "f96b697d7cb7938d525a2f31aaf161d0")]
    [InlineData("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b")]
    [InlineData("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "d174ab98d277d9f5a5611c2c9f419d9f")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345678901234567890", "57edf4a22be3c955ac49da2e2107b67a")]
    public void Sums_of_the_standard(string text, string sum)
    {
        foreach (int portion in (ReadOnlySpan<int>)[1, 3, 63, 64, 65, 1000])
        {
            Md5 md5 = new();
            foreach (byte[] part in Encoding.ASCII.GetBytes(text).Chunk(portion))
            {
                md5.Append(part);
            }

            Assert.Equal(sum, Convert.ToHexStringLower(md5.Finish()));
        }
    }

    [Fact]
    public void A_million_letters()
    {
        Md5 md5 = new();
        md5.Append(Encoding.ASCII.GetBytes(new string('a', 1_000_000)));
        Assert.Equal("7707d6ae4e027c70eea2a935c2296f21", Convert.ToHexStringLower(md5.Finish()));
    }
}
