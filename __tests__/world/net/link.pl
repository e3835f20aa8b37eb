# A network link in a program, because not every kernel has netem: two TUN devices, and every packet that goes into one comes
# out of the other one after a delay, if it is not lost. Words on standard input say how: `delay MS`, `loss RATIO`. After
# `forget` it drops, as a firewall that was restarted does, what belongs to a TCP connection that began before. Packets are
# lost as the seed wants it. Prints `ready` when both devices are there, and ends with its input.
use strict;
use warnings;
use Fcntl;
use Time::HiRes 'time';

my ($seed, @names) = @ARGV;
my ($delay_s, $loss, @ends) = (0, 0);
my @queues = ([], []);
# The pairs of ports of the connections that it knows; undefined while it lets everything through.
my $known;
srand($seed);

for my $name (@names) {
  sysopen(my $tun, '/dev/net/tun', O_RDWR | O_NONBLOCK) or die "no TUN device: $!\n";
  # TUNSETIFF with IFF_TUN | IFF_NO_PI.
  ioctl($tun, 0x400454ca, my $request = pack('a16 s x22', $name, 0x1001)) or die "TUNSETIFF $name: $!\n";
  push @ends, $tun;
}
$| = 1;
print "ready\n";

my $reading = '';
vec($reading, fileno($_), 1) = 1 for (*STDIN, @ends);

sub passes {
  my ($packet) = @_;
  return 0 if rand() < $loss;
  return 1 if !$known || ord(substr($packet, 9, 1)) != 6;
  my $tcp = substr($packet, 4 * (ord($packet) & 15), 14);
  my ($from, $to, $flags) = unpack('n n x9 C', $tcp);
  my $pair = join(' ', sort($from, $to));
  $known->{$pair} = 1 if $flags & 2;
  return $known->{$pair};
}

while (1) {
  my ($next) = sort { $a <=> $b } map { @$_ ? $_->[0][0] : () } @queues;
  my $wait_s = defined $next ? $next - time : undef;
  select(my $ready = $reading, undef, undef, defined $wait_s && $wait_s < 0 ? 0 : $wait_s);
  if (vec($ready, fileno(STDIN), 1)) {
    sysread(STDIN, my $said, 4096) or exit 0;
    $delay_s = $1 / 1000 if $said =~ /.*delay ([\d.]+)/s;
    $loss = $1 if $said =~ /.*loss ([\d.]+)/s;
    $known = {} if $said =~ /forget/;
  }
  for my $end (0, 1) {
    if (vec($ready, fileno($ends[$end]), 1)) {
      # Not all there are: what is due must not wait for them.
      for (1 .. 64) {
        sysread($ends[$end], my $packet, 65536) or last;
        push @{$queues[$end]}, [time + $delay_s, $packet] if passes($packet);
      }
    }
    my ($queue, $now) = ($queues[$end], time);
    syswrite($ends[1 - $end], shift(@$queue)->[1]) while @$queue && $queue->[0][0] <= $now;
  }
}
