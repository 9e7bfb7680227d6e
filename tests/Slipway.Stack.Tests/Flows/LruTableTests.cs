using Slipway.Testing;

namespace Slipway.Stack.Tests.Flows;

public class LruTableTests
{
    [Fact]
    public void Order_AfterTouches_IsThatOfTheTouches()
    {
        LruTable<int, string> table = new(4, key => (ulong)key);
        int one = table.Add(1, "one");
        int two = table.Add(2, "two");
        table.Add(3, "three");
        table.Touch(one);
        Assert.Equal(2, table.KeyAt(table.Oldest));
        Assert.Equal(1, table.KeyAt(table.Newest));
        table.RemoveAt(two);
        Assert.Equal(3, table.KeyAt(table.Oldest));
        Assert.Equal(1, table.KeyAt(table.Newer(table.Oldest)));
        Assert.Null(table.ValueAt(two));
    }

    [Fact]
    public void MakeRoomFor_TakesTheOldestOfWhoeverHasMost()
    {
        const int alone = 7;
        LruTable<int, string> table = new(
            new GuestQueue<int>(new GuestShares(), new StackLimits(), "entries", 3),
            key => (ulong)key);
        table.Add(1, "a", alone);
        table.Add(2, "b", 8);
        table.MakeRoomFor(8);
        Assert.Equal(2, table.Count);
        table.Add(3, "b", 8);
        table.MakeRoomFor(9);
        Assert.Equal((true, false, true), (Has(1), Has(2), Has(3)));

        bool Has(int key) => table.Find(key) >= 0;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Table_AgainstAModel_HoldsTheSameInTheSameOrder(int seed)
    {
        Random random = new(seed);

        // A hash of few values, so that chains are long.
        LruTable<int, int> table = new(50, key => (ulong)key % 5);
        List<int> model = [];
        for (int i = 0; i < 20_000; i++)
        {
            int key = random.Next(80);
            int index = table.Find(key);
            Assert.Equal(model.Contains(key), index >= 0);
            if (index < 0)
            {
                if (table.IsFull)
                {
                    Assert.Equal(50, model.Count);
                    Assert.Equal(model[0], table.KeyAt(table.Oldest));
                    model.RemoveAt(0);
                    table.RemoveAt(table.Oldest);
                }

                table.Add(key, key * 2);
                model.Add(key);
            }
            else
            {
                Assert.Equal(key * 2, table.ValueAt(index));
                model.Remove(key);
                if (random.Next(3) == 0)
                {
                    table.RemoveAt(index);
                }
                else
                {
                    table.Touch(index);
                    model.Add(key);
                }
            }

            Assert.Equal(model.Count, table.Count);
        }

        List<int> order = [];
        for (int index = table.Oldest; index >= 0; index = table.Newer(index))
        {
            order.Add(table.KeyAt(index));
        }

        Assert.Equal(model, order);
    }

    [Fact]
    public void Hashes_OfTwoStarts_Differ()
    {
        // A guest that has found colliding keys finds none after a restart (CVE-2024-10026).
        KeyHash first = new(VirtualNetwork.Settings.Seed);
        KeyHash second = new(new Seed128(1, 2));
        Assert.NotEqual(first.Of(VirtualNetwork.Guest), second.Of(VirtualNetwork.Guest));
    }
}
