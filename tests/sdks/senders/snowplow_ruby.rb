# The tracker that Debian has: one request for all calls, or one for each; it sends nothing again by itself.

require 'json'
require 'snowplow-tracker'

SnowplowTracker::LOGGER.level = Logger::ERROR
order = JSON.parse($stdin.read)
failures = []
protocol, endpoint = order['address'].split('://')
emitter = SnowplowTracker::Emitter.new(
  endpoint,
  protocol: protocol, method: ENV['METHOD'], buffer_size: order['calls'].size,
  on_failure: ->(sent, events) { failures << "#{sent} sent, #{events.size} not" }
)
tracker = SnowplowTracker::Tracker.new(emitter, nil, 'sp', order['key'])
order['calls'].each do |call|
  case call['call']
  when 'page_view' then tracker.track_page_view(call['page_url'], call['page_title'])
  when 'struct'
    tracker.track_struct_event(call['se_category'], call['se_action'], call['se_label'], nil, call['se_value'])
  else tracker.track_self_describing_event(SnowplowTracker::SelfDescribingJson.new(call['schema'], call['data']))
  end
end
tracker.flush
puts JSON.generate(failures: failures)
